//! The disk space of one machine: uploads until they are done, and copies while they are scanned.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt;
use tokio::task::block_in_place;
use tokio::time::timeout;
use ulid::Ulid;

use super::FetchError;
use crate::config::{self, ConfigError};
use crate::upload_event::Location;

/// Reserved where no length is known, and doubled as often as it takes.
const FIRST_RESERVE: u64 = 8 << 20;
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// What has not changed for so long may belong to nobody.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// What names of copies begin with.
const COPY: &str = "veritag-copy-";

/// The file that holds the id.
const IDENTITY: &str = "id";

pub struct Spool {
    directory: PathBuf,
    /// Tells it from those of other machines on the same database.
    pub id: String,
    max_bytes: u64,
    max_asset_bytes: u64,
    /// Who sends nothing for so long is gone.
    max_silence: Duration,
    reserving: Mutex<()>,
}

impl Spool {
    /// The spool of a service.
    ///
    /// # Errors
    /// [`ConfigError`] when its directory cannot be used.
    pub fn of(service: &config::Service) -> Result<Self, ConfigError> {
        let unusable =
            |error: io::Error| ConfigError::Unreadable { path: service.spool.clone(), why: error.to_string() };
        Self::open(&service.spool, service.max_spool_bytes, service.max_bytes).map_err(unusable)
    }

    /// Opens the spool in `directory`, which is made if it is not there, for `max_bytes` in all and `max_asset_bytes`
    /// of one asset.
    ///
    /// # Errors
    /// Those of the file system.
    fn open(directory: &Path, max_bytes: u64, max_asset_bytes: u64) -> io::Result<Self> {
        fs::create_dir_all(directory.join("uploads"))?;
        fs::create_dir_all(directory.join("copies"))?;
        let (directory, id) = (directory.to_owned(), identity(directory)?);
        Ok(Self { directory, id, max_bytes, max_asset_bytes, max_silence: MAX_SILENCE, reserving: Mutex::new(()) })
    }

    /// Writes a copy of `length` bytes, if that is known, which is deleted with the path that is returned.
    ///
    /// # Errors
    /// Those of `bytes`; [`FetchError::TooLarge`], [`FetchError::Spool`].
    pub async fn copy<B: AsRef<[u8]>, E: From<FetchError>>(
        &self,
        length: Option<u64>,
        bytes: impl Stream<Item = Result<B, E>>,
    ) -> Result<TempPath, E> {
        if length.is_some_and(|length| length > self.max_asset_bytes) {
            return Err(self.too_large().into());
        }
        self.write(length.unwrap_or(FIRST_RESERVE), bytes).await
    }

    /// Writes at most `max_asset_bytes`, with space reserved for `expected` of them.
    async fn write<B: AsRef<[u8]>, E: From<FetchError>>(
        &self,
        expected: u64,
        bytes: impl Stream<Item = Result<B, E>>,
    ) -> Result<TempPath, E> {
        let new = tempfile::Builder::new().prefix(COPY).tempfile_in(self.copies());
        let (file, path) = new.map_err(FetchError::spool)?.into_parts();
        let room = file.try_clone().map_err(FetchError::spool)?;
        let mut reserved = self.reserve(&room, 0, expected.min(self.max_asset_bytes))?;
        let (mut file, mut bytes, mut written) = (tokio::fs::File::from_std(file), pin!(bytes), 0);
        while let Some(piece) = timeout(self.max_silence, bytes.next()).await.map_err(|_| FetchError::Silent)? {
            let piece = piece?;
            written += piece.as_ref().len() as u64;
            if written > self.max_asset_bytes {
                return Err(self.too_large().into());
            }
            if written > reserved {
                reserved = self.reserve(&room, reserved, (2 * written).min(self.max_asset_bytes))?;
            }
            file.write_all(piece.as_ref()).await.map_err(FetchError::spool)?;
        }
        file.flush().await.map_err(FetchError::spool)?;
        file.set_len(written).await.map_err(FetchError::spool)?;
        file.sync_all().await.map_err(FetchError::spool)?;
        Ok(path)
    }

    /// Writes an upload of about `expected` bytes, if that is known, which stays until it is released.
    ///
    /// # Errors
    /// As [`Self::copy`].
    pub async fn keep<B: AsRef<[u8]>, E: From<FetchError>>(
        &self,
        expected: Option<u64>,
        bytes: impl Stream<Item = Result<B, E>>,
    ) -> Result<Location, E> {
        let (copy, name) = (self.write(expected.unwrap_or(FIRST_RESERVE), bytes).await?, Ulid::generate().to_string());
        copy.persist(self.upload(&name)).map_err(|error| FetchError::spool(error.error))?;
        Ok(self.location(name))
    }

    /// Where an upload lies.
    pub fn upload(&self, name: &str) -> PathBuf {
        self.directory.join("uploads").join(name)
    }

    /// Deletes an upload that is done.
    pub fn release(&self, location: &Location) {
        if let Location::Upload { name, .. } = location {
            let _ = fs::remove_file(self.upload(name));
        }
    }

    /// Removes copies that a process which was killed has left, and gives the locations of uploads that may be stale.
    /// Files without a name of ours are not touched.
    pub fn stale(&self) -> Vec<Location> {
        for (_, copy) in stale(&self.copies()).into_iter().filter(|(name, _)| name.starts_with(COPY)) {
            let _ = fs::remove_file(copy);
        }
        let uploads = stale(&self.directory.join("uploads"));
        uploads
            .into_iter()
            .filter(|(name, _)| Ulid::from_string(name).is_ok())
            .map(|(name, _)| self.location(name))
            .collect()
    }

    fn copies(&self) -> PathBuf {
        self.directory.join("copies")
    }

    fn location(&self, name: String) -> Location {
        Location::Upload { spool: self.id.clone(), name }
    }

    /// Makes `file` as long as it may become, so that others see what is taken.
    fn reserve(&self, file: &File, from: u64, to: u64) -> Result<u64, FetchError> {
        block_in_place(|| self.reserve_blocking(file, from, to))
    }

    fn reserve_blocking(&self, file: &File, from: u64, to: u64) -> Result<u64, FetchError> {
        let _one_at_a_time = self.reserving.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: u64 =
            files(&self.copies()).chain(files(&self.directory.join("uploads"))).map(|(_, m)| m.len()).sum();
        if taken - from.min(taken) + to > self.max_bytes {
            return Err(FetchError::Full { max: self.max_bytes });
        }
        file.set_len(to).map_err(FetchError::spool)?;
        Ok(to)
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge { max: self.max_asset_bytes }
    }
}

/// The id that the directory has, or gets: only one of several processes that begin at once gives it.
fn identity(directory: &Path) -> io::Result<String> {
    let mut new = NamedTempFile::new_in(directory)?;
    new.write_all(Ulid::generate().to_string().as_bytes())?;
    let _ = new.persist_noclobber(directory.join(IDENTITY));
    fs::read_to_string(directory.join(IDENTITY))
}

fn files(directory: &Path) -> impl Iterator<Item = (PathBuf, Metadata)> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
    files.filter(|(_, metadata)| metadata.is_file())
}

fn stale(directory: &Path) -> Vec<(String, PathBuf)> {
    let age = |metadata: &Metadata| metadata.modified().ok()?.elapsed().ok();
    let old = files(directory).filter(move |(_, m)| age(m).is_some_and(|age| age > STALE));
    old.filter_map(|(path, _)| Some((path.file_name()?.to_str()?.to_owned(), path))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures_util::stream::iter;

    use super::*;

    async fn keep(spool: &Spool, bytes: usize) -> Result<Location, FetchError> {
        spool.keep(None, iter([Ok::<_, FetchError>(vec![0; bytes])])).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_kept_counts_until_it_is_released() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), FIRST_RESERVE + 1000, FIRST_RESERVE).unwrap();
        let kept = keep(&spool, 600).await.unwrap();
        let Location::Upload { name, .. } = &kept else { panic!("an upload") };
        assert_eq!(fs::read(spool.upload(name)).unwrap(), [0; 600]);
        keep(&spool, 300).await.unwrap();
        keep(&spool, 300).await.unwrap();
        assert_eq!(keep(&spool, 1).await.unwrap_err().code(), "fetch-spool-full");
        spool.release(&kept);
        keep(&spool, 1).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_falls_silent_takes_no_space() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(directory.path(), FIRST_RESERVE, FIRST_RESERVE).unwrap();
        spool.max_silence = Duration::from_millis(10);
        let silent = iter([Ok::<_, FetchError>(vec![0; 100])]).chain(futures_util::stream::pending());
        assert_eq!(spool.keep(Some(1000), silent).await.unwrap_err().code(), "fetch-silent");
        assert_eq!(files(&spool.copies()).count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn space_for_what_is_expected_is_reserved_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 3 * FIRST_RESERVE, 3 * FIRST_RESERVE).unwrap();
        let pieces = iter((0..2).map(|_| Ok::<_, FetchError>(vec![0; FIRST_RESERVE as usize]))).inspect(|_| {
            let [(_, copy)] = &files(&spool.copies()).collect::<Vec<_>>()[..] else { panic!("one copy") };
            assert_eq!(copy.len(), 2 * FIRST_RESERVE + 100);
        });
        let Location::Upload { name, .. } = spool.keep(Some(2 * FIRST_RESERVE + 100), pieces).await.unwrap() else {
            panic!()
        };
        assert_eq!(fs::metadata(spool.upload(&name)).unwrap().len(), 2 * FIRST_RESERVE, "and given back");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn where_no_length_is_known_space_is_reserved_twice_over() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 9 * FIRST_RESERVE, 9 * FIRST_RESERVE).unwrap();
        let mut lengths = Vec::new();
        let pieces = iter((0..4).map(|_| Ok::<_, FetchError>(vec![0; FIRST_RESERVE as usize]))).inspect(|_| {
            lengths.extend(files(&spool.copies()).map(|(_, copy)| copy.len() / FIRST_RESERVE));
        });
        spool.keep(None, pieces).await.unwrap();
        assert_eq!(lengths, [1, 1, 4, 4]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_asset_that_is_too_large_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 1 << 40, 10).unwrap();
        assert_eq!(keep(&spool, 11).await.unwrap_err().code(), "fetch-too-large");
        assert_eq!(
            files(&directory.path().join("copies")).count() + files(&directory.path().join("uploads")).count(),
            0
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_killed_process_left_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::open(directory.path(), 1 << 40, 10).unwrap();
        let kept = keep(&spool, 1).await.unwrap();
        let Location::Upload { name, .. } = &kept else { panic!("an upload") };
        let others = ["veritag.db", "copies/theirs", "uploads/2026.jpg"].map(|name| directory.path().join(name));
        let [fresh, left] = ["fresh", "left"].map(|name| spool.copies().join(format!("{COPY}{name}")));
        others.iter().chain([&fresh, &left]).for_each(|path| fs::write(path, "x").unwrap());
        assert!(spool.stale().is_empty());
        for path in others.iter().chain([&left, &spool.upload(name), &directory.path().join(IDENTITY)]) {
            File::options().append(true).open(path).unwrap().set_modified(SystemTime::now() - 2 * STALE).unwrap();
        }
        assert_eq!(spool.stale(), std::slice::from_ref(&kept));
        assert!(fresh.exists() && !left.exists());
        assert!(others.iter().all(|path| path.exists()), "whatever is not ours stays");
        assert_eq!(Spool::open(directory.path(), 0, 0).unwrap().id, spool.id);
    }
}
