//! The disk space of one machine: uploads until they are done with, and copies while they are looked at.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;
use ulid::Ulid;

use super::FetchError;
use crate::ingest::Place;

/// Space is taken in such steps where the length is not known.
const STEP: u64 = 8 << 20;
/// What has not changed for so long is nobody's.
const FORSAKEN: Duration = Duration::from_secs(6 * 3600);

/// The file that holds the id.
const IDENTITY: &str = "id";

pub struct Spool {
    directory: PathBuf,
    /// Tells it from those of other machines on the same database.
    pub id: String,
    most_bytes: u64,
    most_asset_bytes: u64,
}

impl Spool {
    /// Opens the spool in `directory`, which is made if it is not there, for `most_bytes` in all and `most_asset_bytes`
    /// of one asset.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(directory: &Path, most_bytes: u64, most_asset_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(directory.join("uploads"))?;
        Ok(Self { directory: directory.to_owned(), id: identity(directory)?, most_bytes, most_asset_bytes })
    }

    /// Writes a copy that is gone with the answer.
    ///
    /// # Errors
    /// Those of `bytes`; [`FetchError::TooLarge`], [`FetchError::Spool`].
    pub async fn copy<B: AsRef<[u8]>, E: From<FetchError>>(
        &self,
        length: Option<u64>,
        bytes: impl Stream<Item = Result<B, E>>,
    ) -> Result<TempPath, E> {
        if length.is_some_and(|length| length > self.most_asset_bytes) {
            return Err(self.too_large().into());
        }
        let (file, path) = NamedTempFile::new_in(&self.directory).map_err(FetchError::spool)?.into_parts();
        let room = file.try_clone().map_err(FetchError::spool)?;
        let mut reserved = self.reserve(&room, 0, length.unwrap_or(STEP))?;
        let (mut file, mut bytes, mut written) = (tokio::fs::File::from_std(file), pin!(bytes), 0);
        while let Some(piece) = bytes.next().await {
            let piece = piece?;
            written += piece.as_ref().len() as u64;
            if written > self.most_asset_bytes {
                return Err(self.too_large().into());
            }
            if written > reserved {
                reserved = self.reserve(&room, reserved, written + STEP)?;
            }
            file.write_all(piece.as_ref()).await.map_err(FetchError::spool)?;
        }
        file.flush().await.map_err(FetchError::spool)?;
        file.set_len(written).await.map_err(FetchError::spool)?;
        file.sync_all().await.map_err(FetchError::spool)?;
        Ok(path)
    }

    /// Writes an upload, which stays until it is released.
    ///
    /// # Errors
    /// As [`Self::copy`].
    pub async fn keep<B: AsRef<[u8]>, E: From<FetchError>>(
        &self,
        bytes: impl Stream<Item = Result<B, E>>,
    ) -> Result<Place, E> {
        let (copy, name) = (self.copy(None, bytes).await?, Ulid::generate().to_string());
        copy.persist(self.upload(&name)).map_err(|error| FetchError::spool(error.error))?;
        Ok(self.place(name))
    }

    /// Where an upload lies.
    pub fn upload(&self, name: &str) -> PathBuf {
        self.directory.join("uploads").join(name)
    }

    /// Gives an upload up.
    pub fn release(&self, name: &str) {
        let _ = fs::remove_file(self.upload(name));
    }

    /// Removes copies that a process which was killed has left, and gives the places of uploads that may be so.
    pub fn forsaken(&self) -> Vec<Place> {
        for copy in forsaken(&self.directory).filter(|copy| *copy != self.directory.join(IDENTITY)) {
            let _ = fs::remove_file(copy);
        }
        let place = |path: PathBuf| Some(self.place(path.file_name()?.to_str()?.to_owned()));
        forsaken(&self.directory.join("uploads")).filter_map(place).collect()
    }

    fn place(&self, name: String) -> Place {
        Place::Upload { spool: self.id.clone(), name }
    }

    /// Makes `file` as long as it may become, so that others see what is taken.
    fn reserve(&self, file: &File, from: u64, to: u64) -> Result<u64, FetchError> {
        let taken: u64 =
            files(&self.directory).chain(files(&self.directory.join("uploads"))).map(|(_, m)| m.len()).sum();
        if taken - from.min(taken) + to > self.most_bytes {
            return Err(FetchError::Full { most: self.most_bytes });
        }
        file.set_len(to).map_err(FetchError::spool)?;
        Ok(to)
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge { most: self.most_asset_bytes }
    }
}

/// The id that the directory has, or gets: only one of several processes that begin at once gives it.
fn identity(directory: &Path) -> io::Result<String> {
    let mut new = NamedTempFile::new_in(directory)?;
    new.write_all(Ulid::generate().to_string().as_bytes())?;
    let _ = new.persist_noclobber(directory.join(IDENTITY));
    fs::read_to_string(directory.join(IDENTITY))
}

fn files(directory: &Path) -> impl Iterator<Item = (PathBuf, Metadata)> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
    files.filter(|(_, metadata)| metadata.is_file())
}

fn forsaken(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let age = |metadata: &Metadata| metadata.modified().ok()?.elapsed().ok();
    files(directory).filter(move |(_, m)| age(m).is_some_and(|age| age > FORSAKEN)).map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures_util::stream::iter;

    use super::*;

    async fn keep(spool: &Spool, bytes: usize) -> Result<Place, FetchError> {
        spool.keep(iter([Ok::<_, FetchError>(vec![0; bytes])])).await
    }

    #[tokio::test]
    async fn what_is_kept_counts_until_it_is_released() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), STEP + 1000, STEP).unwrap();
        let Place::Upload { name, .. } = keep(&spool, 600).await.unwrap() else { panic!("an upload") };
        assert_eq!(fs::read(spool.upload(&name)).unwrap(), [0; 600]);
        keep(&spool, 300).await.unwrap();
        keep(&spool, 300).await.unwrap();
        assert_eq!(keep(&spool, 1).await.unwrap_err().code(), "fetch-spool-full");
        spool.release(&name);
        keep(&spool, 1).await.unwrap();
    }

    #[tokio::test]
    async fn an_asset_that_is_too_large_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 1 << 40, 10).unwrap();
        assert_eq!(keep(&spool, 11).await.unwrap_err().code(), "fetch-too-large");
        assert_eq!(files(directory.path()).count() + files(&directory.path().join("uploads")).count(), 1, "the id");
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 1 << 40, 10).unwrap();
        let kept = keep(&spool, 1).await.unwrap();
        let Place::Upload { name, .. } = &kept else { panic!("an upload") };
        let (fresh, left) = (directory.path().join(".tmp-fresh"), directory.path().join(".tmp-left"));
        for path in [&fresh, &left] {
            fs::write(path, "x").unwrap();
        }
        assert!(spool.forsaken().is_empty());
        for path in [&left, &spool.upload(name), &directory.path().join(IDENTITY)] {
            File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - 2 * FORSAKEN).unwrap();
        }
        assert_eq!(spool.forsaken(), [kept]);
        assert!(fresh.exists() && !left.exists());
        assert_eq!(Spool::open(directory.path(), 0, 0).unwrap().id, spool.id);
    }
}
