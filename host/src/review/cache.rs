//! Pictures and copies on disk, within a bound: those that were used last stay.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::{NamedTempFile, TempPath};

/// What was used so recently is still looked at.
const IN_USE: Duration = Duration::from_secs(600);

/// A directory of files that can be made again.
pub struct Cache {
    directory: PathBuf,
    max_bytes: u64,
}

impl Cache {
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(directory: &Path, max_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self { directory: directory.to_owned(), max_bytes })
    }

    /// The file of this name, if it is there.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.directory.join(name);
        let file = File::options().append(true).open(&path).ok()?;
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// # Errors
    /// Those of writing.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let mut new = NamedTempFile::new_in(&self.directory)?;
        new.write_all(bytes)?;
        self.take(name, new.into_temp_path())
    }

    /// Moves a file here, which is on the same file system.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn take(&self, name: &str, new: TempPath) -> io::Result<PathBuf> {
        let path = self.directory.join(name);
        new.persist(&path).map_err(|error| error.error)?;
        self.make_room(&path)?;
        Ok(path)
    }

    /// Removes what was not used for longest until the rest fits, but neither the newest nor what costs much to get again
    /// and was used a moment ago: an asset larger than all that may be kept is fetched once for all of its pictures.
    fn make_room(&self, newest: &Path) -> io::Result<()> {
        let now = SystemTime::now();
        let in_use = |used: SystemTime, bytes: u64| {
            bytes > self.max_bytes && now.duration_since(used).is_ok_and(|ago| ago < IN_USE)
        };
        let files = fs::read_dir(&self.directory)?.flatten().filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files.iter().filter(|(used, bytes, path)| path != newest && !in_use(*used, *bytes)) {
            if total <= self.max_bytes {
                break;
            }
            let _ = fs::remove_file(path);
            total -= bytes;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(directory.path(), 250).unwrap();
        for (name, age) in [("a", 300), ("b", 200)] {
            let path = cache.keep(name, &[0; 100]).unwrap();
            let file = File::options().append(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        assert!(cache.find("a").is_some(), "used again");
        cache.keep("c", &[0; 100]).unwrap();
        assert_eq!(["a", "b", "c"].map(|name| cache.find(name).is_some()), [true, false, true]);
        cache.keep("d", &[0; 1000]).unwrap();
        cache.keep("e", &[0; 10]).unwrap();
        assert!(cache.find("d").is_some(), "it does not fit, but is looked at");
        assert_eq!(["a", "c", "d"].map(|name| cache.find(name).is_some()), [false, false, true]);
    }
}
