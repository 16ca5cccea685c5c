//! What kernels compute at a time.

/// Pixels per tile: with four channels and what they are made of, what 16 vector registers hold.
pub const PIXELS: usize = 2;
/// Vectors of four channels per panel of a depthwise convolution.
pub const VECTORS: usize = 2;

/// Weights of four channels for eight consecutive values: `[channel][value]`.
pub type Quad = [[i16; 8]; 4];
/// Weights of two taps for eight channels: `[half][channel, tap]`.
pub type Pair = [[i16; 8]; VECTORS];
