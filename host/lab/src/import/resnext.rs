//! The backbone: torchvision's ResNet with bottleneck blocks, its sizes read off its tensors.
//!
//! What shapes do not tell is taken from torchvision: the stem and the first block of layers 2 to 4
//! halve the picture, the blocks on their 3×3 convolution (Xie et al., "Aggregated Residual
//! Transformations for Deep Neural Networks", 2017; torchvision/models/resnet.py).

use super::error::{ImportError, Result, unsupported};
use super::names::Names;
use super::state::EPSILON;
use super::tensors::Tensor;

/// A convolution with the BatchNorm behind it folded in.
#[derive(Debug)]
pub struct Conv {
    /// torchvision's name, without `.weight`.
    pub name: String,
    /// `[out, in / groups, side, side]`.
    pub weight: Tensor,
    pub bias: Vec<f32>,
    pub stride: usize,
    pub groups: usize,
}

impl Conv {
    pub fn out(&self) -> usize {
        self.weight.shape[0]
    }

    pub fn side(&self) -> usize {
        self.weight.shape[2]
    }
}

/// out = relu(convs(x) + (downsample(x) or x)).
#[derive(Debug)]
pub struct Block {
    pub name: String,
    pub convs: [Conv; 3],
    pub downsample: Option<Conv>,
}

#[derive(Debug)]
pub struct Backbone {
    pub stem: Conv,
    pub layers: [Vec<Block>; 4],
}

impl Backbone {
    /// Takes the backbone's tensors from `names`.
    ///
    /// # Errors
    /// `Missing` and `Shape`, naming the tensor; `Unsupported` for numbers that are not finite.
    pub fn take(names: &mut Names) -> Result<Self> {
        let stem = conv(names, Site { name: "conv1", norm: "bn1", input: 3, side: 7, stride: 2 })?;
        let mut width = stem.out();
        let mut layer = |number| {
            let blocks = layer(names, number, width)?;
            width = blocks.last().map_or(width, |block: &Block| block.convs[2].out());
            Ok::<_, ImportError>(blocks)
        };
        let layers = [layer(1)?, layer(2)?, layer(3)?, layer(4)?];
        Ok(Self { stem, layers })
    }

    /// Length of the feature vector.
    pub fn features(&self) -> usize {
        self.layers.iter().flatten().last().map_or(self.stem.out(), |block| block.convs[2].out())
    }

    /// In words, for `model.toml`.
    pub fn describe(&self) -> String {
        let blocks = self.layers.each_ref().map(Vec::len);
        let groups = self.layers[0][0].convs[1].groups;
        format!("ResNeXt {blocks:?}, {groups} groups, {} features", self.features())
    }
}

fn layer(names: &mut Names, number: usize, mut width: usize) -> Result<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    loop {
        let name = format!("layer{number}.{}", blocks.len());
        if !blocks.is_empty() && !names.has(&names.backbone(&format!("{name}.conv1.weight"))) {
            return Ok(blocks);
        }
        let stride = if blocks.is_empty() && number > 1 { 2 } else { 1 };
        blocks.push(block(names, name, width, stride)?);
        width = blocks[blocks.len() - 1].convs[2].out();
    }
}

fn block(names: &mut Names, name: String, input: usize, stride: usize) -> Result<Block> {
    let mut part = |at: usize, input, side, stride| {
        let (conv_name, norm) = (format!("{name}.conv{at}"), format!("{name}.bn{at}"));
        conv(names, Site { name: &conv_name, norm: &norm, input, side, stride })
    };
    let first = part(1, input, 1, 1)?;
    let second = part(2, first.out(), 3, stride)?;
    let third = part(3, second.out(), 1, 1)?;
    let downsample = downsample(names, &name, input, stride)?;
    let beside = downsample.as_ref().map_or(input, Conv::out);
    if beside != third.out() || downsample.is_none() && stride != 1 {
        return Err(ImportError::Missing(vec![names.backbone(&format!("{name}.downsample.0.weight"))]));
    }
    Ok(Block { name, convs: [first, second, third], downsample })
}

fn downsample(names: &mut Names, block: &str, input: usize, stride: usize) -> Result<Option<Conv>> {
    let (name, norm) = (format!("{block}.downsample.0"), format!("{block}.downsample.1"));
    if !names.has(&names.backbone(&format!("{name}.weight"))) {
        return Ok(None);
    }
    conv(names, Site { name: &name, norm: &norm, input, side: 1, stride }).map(Some)
}

/// Where a convolution stands in the network.
struct Site<'a> {
    name: &'a str,
    norm: &'a str,
    /// Channels that reach it.
    input: usize,
    side: usize,
    stride: usize,
}

fn conv(names: &mut Names, site: Site) -> Result<Conv> {
    let own = names.backbone(&format!("{}.weight", site.name));
    let mut weight = names.take(&own)?;
    let groups = groups(&weight.shape, &site).ok_or_else(|| ImportError::Shape {
        name: own.clone(),
        found: weight.shape.clone(),
        expected: format!("[out, {0} or a divisor of it, {1}, {1}]", site.input, site.side),
    })?;
    let bias = fold(names, site.norm, &mut weight)?;
    Ok(Conv { name: site.name.to_owned(), weight, bias, stride: site.stride, groups })
}

fn groups(shape: &[usize], site: &Site) -> Option<usize> {
    let &[out, within, height, width] = shape else { return None };
    let sides = height == site.side && width == site.side;
    let whole = within > 0 && site.input.is_multiple_of(within);
    let groups = site.input.checked_div(within)?;
    (sides && whole && out > 0 && out.is_multiple_of(groups)).then_some(groups)
}

/// Scales `weight` in place and gives the bias: BatchNorm at inference is
/// y = (x − mean) · γ / √(var + ε) + β, linear in x (Ioffe and Szegedy, 2015).
fn fold(names: &mut Names, norm: &str, weight: &mut Tensor) -> Result<Vec<f32>> {
    let out = weight.shape[0];
    let mut part = |part: &str| vector(names, &format!("{norm}.{part}"), out);
    let (gamma, beta, mean, var) = (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
    if let Some(negative) = var.iter().find(|&&var| var < 0.0) {
        return unsupported(format!("`{norm}.running_var` holds {negative}; the checkpoint is damaged"));
    }
    let scale: Vec<f64> =
        gamma.iter().zip(&var).map(|(&g, &v)| f64::from(g) / (f64::from(v) + EPSILON).sqrt()).collect();
    let row = weight.data.len() / out;
    for (values, scale) in weight.data.chunks_exact_mut(row).zip(&scale) {
        values.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
    }
    let shift = |((&beta, &mean), scale): ((&f32, &f32), &f64)| (f64::from(beta) - f64::from(mean) * scale) as f32;
    Ok(beta.iter().zip(&mean).zip(&scale).map(shift).collect())
}

fn vector(names: &mut Names, name: &str, length: usize) -> Result<Vec<f32>> {
    let name = names.backbone(name);
    let tensor = names.take(&name)?;
    if tensor.shape == [length] {
        return Ok(tensor.data);
    }
    Err(ImportError::Shape { name, found: tensor.shape, expected: format!("[{length}]") })
}
