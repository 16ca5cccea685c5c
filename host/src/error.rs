//! Every error of the host, with its stable code, and who has to act.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::blame::diagnose;
use crate::config::ConfigError;
use crate::database::DatabaseError;
use crate::fetch::FetchError;
use crate::files::FileError;
use crate::ingest::HookError;
use crate::media::error::MediaError;
use crate::model::ModelError;
use crate::runner::RunnerError;
use crate::sandbox::PluginError;
use crate::tags::TagError;
use crate::tools::ToolError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Media(#[from] MediaError),
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Plugin(#[from] PluginError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Runner(#[from] RunnerError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Tag(#[from] TagError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("{}: cannot watch it: {why}", path.display())]
    Watch { path: PathBuf, why: String },
    #[error("cannot listen on {address}: {why}; choose another address with --listen")]
    Listen { address: SocketAddr, why: String },
    #[error(
        "that is done by {program}, which {}; build it with `cargo build --release -p {program}`, and put it beside veritag",
        why.as_deref().map_or("is neither beside veritag nor on PATH".into(), |why| format!("does not start: {why}"))
    )]
    NoProgram { program: &'static str, why: Option<String> },
    #[error(
        "{}: face {face} of window {window} is not there; the file or the model is not the one that was assessed: scan it again",
        path.display()
    )]
    NoSuchFace { path: PathBuf, window: usize, face: usize },
    #[error("a bug in Veritag; please report it, with the file if you may")]
    Bug,
}

diagnose! { Error {
    Self::Watch { .. } => "config-unwatchable", Operator;
    Self::Listen { .. } => "config-bad-address", Operator;
    Self::NoProgram { .. } => "config-no-program", Operator;
    Self::NoSuchFace { .. } => "asset-no-such-face", Operator;
    Self::Bug => "internal-bug", Us;
} wraps Media, Tool, Plugin, Model, Runner, File, Tag, Config, Database, Hook, Fetch }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blame::Blame;
    use std::collections::BTreeMap;

    #[test]
    fn a_code_is_kebab_case_and_lays_the_same_blame_everywhere() {
        let tables = [
            MediaError::CODES,
            ToolError::CODES,
            PluginError::CODES,
            ModelError::CODES,
            RunnerError::CODES,
            FileError::CODES,
            TagError::CODES,
            ConfigError::CODES,
            DatabaseError::CODES,
            HookError::CODES,
            FetchError::CODES,
            Error::CODES,
        ];
        let mut known: BTreeMap<&str, Blame> = BTreeMap::new();
        for (code, blame) in tables.concat() {
            assert!(code.split('-').all(|word| word.chars().all(|c| c.is_ascii_lowercase())), "{code}");
            assert_eq!(*known.entry(code).or_insert(blame), blame, "{code}");
        }
    }
}
