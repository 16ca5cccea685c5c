//! What went wrong in a plugin call, as a return code and a text.

/// A failed call. The text travels through Extism's error channel, the kind as the return code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The input breaks this contract; nothing was changed.
    #[error("input rejected: {0}")]
    Rejected(String),
    /// The model is missing, incomplete, tampered with or unusable.
    #[error("model: {0}")]
    Model(String),
    /// The plugin itself is at fault.
    #[error("internal: {0}")]
    Internal(String),
    /// The plugin has no such function.
    #[error("not implemented: {0}")]
    NotImplemented(String),
}

impl Fault {
    pub const fn code(&self) -> i32 {
        match self {
            Self::Rejected(_) => 1,
            Self::Model(_) => 2,
            Self::Internal(_) => 3,
            Self::NotImplemented(_) => -2,
        }
    }

    /// The fault behind return code `code`; unknown codes, Extism's own -1 among them, are internal.
    pub const fn from_code(code: i32, text: String) -> Self {
        match code {
            1 => Self::Rejected(text),
            2 => Self::Model(text),
            -2 => Self::NotImplemented(text),
            _ => Self::Internal(text),
        }
    }
}
