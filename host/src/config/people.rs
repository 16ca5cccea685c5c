//! Who may open the review pages, and how they are known.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::SecretRef;

/// How people review.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewSettings {
    /// Scores are hidden until the person has decided.
    pub blind: bool,
    /// The share (0 to 1) of decided assets that a second person looks at, without seeing the first decision.
    pub second_share: f64,
    /// At most so many bytes of pictures and of copies from elsewhere are kept on disk.
    pub max_cache_bytes: u64,
    /// The header in which a reverse proxy says who is signed in.
    pub proxy_header: Option<String>,
    /// The addresses of reverse proxies: from nowhere else are this header and `X-Forwarded-For` believed.
    pub proxy_from: Vec<IpAddr>,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self { blind: false, second_share: 0.05, max_cache_bytes: 2 << 30, proxy_header: None, proxy_from: Vec::new() }
    }
}

/// A person who reviews.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// As decisions name them, and as the proxy's header does.
    pub name: String,
    pub role: Role,
    /// What they sign in with [default: through the proxy only].
    pub token: Option<SecretRef>,
}

/// What a person may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Decide.
    Reviewer,
    /// See who did what.
    Admin,
}
