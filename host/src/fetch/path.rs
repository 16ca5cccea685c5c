//! Files below a source's root, and none above it.

use std::path::{Path, PathBuf};

use super::FetchError;
use crate::config::Source;
use crate::files::{media, version};
use crate::upload_event::{Location, UploadEvent};

/// The file that `path` names, below the source's root once every link is followed.
///
/// # Errors
/// [`FetchError::Forbidden`] for a path elsewhere; [`FetchError::NotFound`].
pub fn resolve(source: &Source, path: &str) -> Result<PathBuf, FetchError> {
    let root = source.root.as_deref().ok_or_else(|| FetchError::forbidden("its source has no `root`"))?;
    let root = root.canonicalize().map_err(|error| FetchError::unreachable(format!("{}: {error}", root.display())))?;
    let found = source.below_root(path).canonicalize().map_err(|_| FetchError::NotFound)?;
    match found.starts_with(&root) && found.is_file() {
        true => Ok(found),
        false => Err(FetchError::forbidden("it is no file below `root` of its source")),
    }
}

/// What may be media below `root`, each as a change of it would be announced.
pub fn list(root: &Path) -> Vec<UploadEvent> {
    let event = |path: PathBuf| {
        let version = version(&path)?;
        Some(UploadEvent::new(Location::Path(path.to_str()?.to_owned())).version(Some(version)))
    };
    media(root).into_iter().filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn source(root: &Path, strip_prefix: &str) -> Source {
        let text = format!(
            "[[source]]\nname = 'a'\ndialect = 'veritag'\nopen = true\nroot = {root:?}\nstrip_prefix = {strip_prefix:?}"
        );
        toml::from_str::<Config>(&text).unwrap().sources.remove(0)
    }

    #[test]
    fn files_below_the_root_are_found_by_either_kind_of_path() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("in")).unwrap();
        let file = root.path().canonicalize().unwrap().join("in/clip.mp4");
        std::fs::write(&file, "x").unwrap();
        let found = |prefix, path: &str| resolve(&source(root.path(), prefix), path).unwrap();
        assert_eq!(found("", "in/clip.mp4"), file);
        assert_eq!(found("", "/in/clip.mp4"), file);
        assert_eq!(found("", file.to_str().unwrap()), file);
        assert_eq!(found("/uploads/", "/uploads/in/clip.mp4"), file);
        assert_eq!(found("/uploads", "/uploads/in/clip.mp4"), file);
    }

    #[test]
    fn a_prefix_ends_where_a_part_of_the_path_does() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("2")).unwrap();
        std::fs::write(root.path().join("2/clip.mp4"), "x").unwrap();
        let found = resolve(&source(root.path(), "/uploads"), "/uploads2/clip.mp4");
        assert_eq!(found.unwrap_err().code(), "fetch-not-found");
    }

    #[test]
    fn nothing_leads_out_of_the_root() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("link")).unwrap();
        let source = source(&root, "/uploads");
        for path in ["../secret", "/uploads/../../secret", "link", "/etc/passwd", "..", "", "/", "a\0b"] {
            let error = resolve(&source, path).unwrap_err();
            assert!(matches!(error.code(), "fetch-forbidden" | "fetch-not-found"), "{path}: {error}");
        }
    }
}
