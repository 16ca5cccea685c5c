//! What a person decides about an asset.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use veritag_abi::Verdict;

/// What a person has decided about the asset. It never changes the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    #[default]
    NotReviewed,
    ReviewedAsReal,
    ReviewedAsFake,
    ReviewedAsUnsure,
}

impl Review {
    /// The decision, if there is one.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::NotReviewed => None,
            Self::ReviewedAsReal => Some(Verdict::Real),
            Self::ReviewedAsFake => Some(Verdict::Fake),
            Self::ReviewedAsUnsure => Some(Verdict::Unsure),
        }
    }
}

/// By the name that people type: `fake`, `real`, `unsure`, and `none` for what takes a decision back.
impl FromStr for Review {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "fake" => Ok(Self::ReviewedAsFake),
            "real" => Ok(Self::ReviewedAsReal),
            "unsure" => Ok(Self::ReviewedAsUnsure),
            "none" => Ok(Self::NotReviewed),
            _ => Err("give fake, real, unsure, or none to take a decision back"),
        }
    }
}
