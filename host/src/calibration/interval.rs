//! How sure a share is.

/// 97.5 % of the normal distribution lie below this.
const Z: f64 = 1.959_964;

/// The 95 % interval of a share of `some` in `all` (Wilson, "Probable inference, the law of succession, and statistical
/// inference", 1927). None in all is 0 to 1.
pub fn wilson(some: usize, all: usize) -> [f64; 2] {
    if all == 0 {
        return [0.0, 1.0];
    }
    let (n, share) = (all as f64, some as f64 / all as f64);
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let within = |edge: f64| (edge / (1.0 + Z * Z / n)).clamp(0.0, 1.0);
    [within(middle - spread), within(middle + spread)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn intervals_are_as_in_tables() {
        let near = |a: [f64; 2], b: [f64; 2]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 5e-4);
        assert!(near(wilson(0, 10), [0.0, 0.2775]), "{:?}", wilson(0, 10));
        assert!(near(wilson(5, 10), [0.2366, 0.7634]), "{:?}", wilson(5, 10));
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

    proptest! {
        #[test]
        fn the_share_lies_within(all in 1usize..100_000, part in 0f64..=1.0) {
            let some = (all as f64 * part) as usize;
            let [low, high] = wilson(some, all);
            let share = some as f64 / all as f64;
            prop_assert!(0.0 <= low && low <= share + 1e-9 && share <= high + 1e-9 && high <= 1.0);
        }
    }
}
