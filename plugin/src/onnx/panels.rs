//! Products of rows with a constant matrix, in plain loops that every compiler turns into vectors alike.

/// Outputs worked on together.
const LANES: usize = 16;

/// A matrix `[outputs, inputs]` as `[panel][input][output in panel]`, the last panel filled up with zeros.
#[derive(Debug)]
pub struct Panels {
    inputs: usize,
    outputs: usize,
    values: Vec<[f32; LANES]>,
}

impl Panels {
    /// Packs `matrix`, row by row, `inputs` values each; both sides must be longer than zero.
    pub fn pack(matrix: &[f32], inputs: usize) -> Self {
        let outputs = matrix.len() / inputs;
        let value = |panel: usize, input: usize, lane: usize| {
            let output = panel * LANES + lane;
            if output < outputs { matrix[output * inputs + input] } else { 0.0 }
        };
        let places = (0..outputs.div_ceil(LANES)).flat_map(|panel| (0..inputs).map(move |input| (panel, input)));
        let values = places.map(|(panel, input)| std::array::from_fn(|lane| value(panel, input, lane))).collect();
        Self { inputs, outputs, values }
    }

    /// Adds the products of `rows`, of one value per input each, to `sums`, of one value per output each.
    /// Products are summed up in the order of the inputs, whatever the number of rows.
    pub fn add_products(&self, rows: &[f32], sums: &mut [f32]) {
        for (index, panel) in self.values.chunks_exact(self.inputs).enumerate() {
            let first = index * LANES;
            let lanes = LANES.min(self.outputs - first);
            let pairs = rows.chunks(2 * self.inputs).zip(sums.chunks_mut(2 * self.outputs));
            for (rows, sums) in pairs {
                let (one, other) = rows.split_at(self.inputs);
                if other.is_empty() {
                    let [products] = multiply([one], panel);
                    add(&mut sums[first..first + lanes], &products);
                } else {
                    let [products, others] = multiply([one, other], panel);
                    add(&mut sums[first..first + lanes], &products);
                    add(&mut sums[self.outputs + first..][..lanes], &others);
                }
            }
        }
    }
}

#[inline(always)]
fn multiply<const ROWS: usize>(rows: [&[f32]; ROWS], panel: &[[f32; LANES]]) -> [[f32; LANES]; ROWS] {
    let rows = rows.map(|row| &row[..panel.len()]);
    let mut sums = [[0.0; LANES]; ROWS];
    for (input, weights) in panel.iter().enumerate() {
        for row in 0..ROWS {
            let value = rows[row][input];
            for lane in 0..LANES {
                sums[row][lane] += value * weights[lane];
            }
        }
    }
    sums
}

#[inline(always)]
fn add(sums: &mut [f32], products: &[f32; LANES]) {
    for (sum, product) in sums.iter_mut().zip(products) {
        *sum += product;
    }
}
