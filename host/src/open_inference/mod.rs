//! The Open Inference Protocol, version 2 (<https://github.com/kserve/open-inference-protocol>): tensors to a server, and
//! tensors back. What client and runner share of it, over HTTP ([`body`]) and gRPC ([`grpc`]).

pub mod body;
pub mod grpc;
mod message;
mod tensor;

pub use message::{InferRequest, InferResponse, ModelMetadata, Requested, ServerMetadata, TensorMetadata, Told};
pub use tensor::{Data, Tensor};

/// Header of a body whose tensors follow as bytes: the length of the JSON before them.
pub const HEADER_LENGTH: &str = "inference-header-content-length";
/// What a server's metadata lists when it takes and gives tensors as bytes.
pub const BINARY_EXTENSION: &str = "binary_tensor_data";
/// The one input of a model as Veritag's runners serve it: UINT8 `[rows, 3, side, side]`, pixels 0..255.
pub const CROPS: &str = "crops";
/// Its first output: FP32 `[rows, width]`.
pub const FEATURES: &str = "features";
/// Its second: UINT8 `[rows, 32]`, in each row the sha256 of the bundle that the row was computed with.
pub const BUNDLE: &str = "bundle";

/// What does not keep to the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl Malformed {
    pub fn new(why: impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}
