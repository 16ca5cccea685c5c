//! What can be queued, and for whom.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::notify::Notice;

/// One thing to do. It may be done twice, when a worker dies, so doing it again must change nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Assess an arrival, and tag it.
    Assess { arrival: String },
    /// Have the tags of an arrival follow what a person has decided.
    Follow(Followed),
    /// Tell somebody.
    Notify(Notice),
}

/// A review that the tags of an arrival are to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    pub arrival: String,
    pub review: String,
    /// How often it was tried in vain.
    pub attempts: usize,
}

/// How long to wait before each further try to tell somebody, as Standard Webhooks proposes, in seconds.
const AGAIN: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// How long to wait after so many tries in vain; None when it is given up.
pub fn again(attempts: usize) -> Option<Duration> {
    AGAIN.get(attempts).map(|seconds| Duration::from_secs(*seconds))
}

/// A job, and what is to be known to queue it.
pub struct Order<'a> {
    pub job: Job,
    /// A second order with the same key in the same lane is none.
    pub key: String,
    pub lane: Lane<'a>,
    pub delay: Duration,
    /// Somebody waits for it: it goes before what waits.
    pub urgent: bool,
}

/// Who may do a job.
#[derive(Clone, Copy, Debug)]
pub enum Lane<'a> {
    /// Every process on the database.
    Shared,
    /// Those with this spool, where the asset lies.
    Spool(&'a str),
    /// Every process, besides its assessments: messages wait more than they work, and must hold up no assessment.
    Notices,
}

impl Lane<'_> {
    /// Of the queue in the database.
    pub(super) fn name(self) -> String {
        match self {
            Self::Shared => "veritag".into(),
            Self::Spool(id) => format!("veritag-spool-{id}"),
            Self::Notices => "veritag-notices".into(),
        }
    }
}
