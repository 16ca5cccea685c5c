//! From the location of an asset to a file that can be scanned, within what its source may name.

mod address;
mod bucket;
mod error;
mod object;
mod path;
mod signature;
mod spool;
mod tagging;
mod url;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempPath;
use tokio::time::timeout;

use crate::config::{Config, ConfigError, Source};
use crate::upload_event::{Location, UploadEvent};
pub use error::FetchError;
use object::ObjectStores;
pub use spool::Spool;
pub use tagging::TaggedObject;
use url::Clients;

/// How long fetching an asset may take, however large.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// A file to scan; a copy is deleted when this is dropped.
#[derive(Debug)]
pub enum Fetched {
    InPlace(PathBuf),
    /// Uploaded to this service, and kept until its job is done.
    Kept(PathBuf),
    Copied(TempPath),
}

impl Fetched {
    pub fn path(&self) -> &Path {
        match self {
            Self::InPlace(path) | Self::Kept(path) => path,
            Self::Copied(path) => path,
        }
    }
}

/// What is needed to get at every source's assets.
pub struct Fetcher {
    sources: HashMap<String, Source>,
    stores: ObjectStores,
    clients: Clients,
}

impl Fetcher {
    /// # Errors
    /// [`ConfigError`] when a secret is missing, or the settings of a store are invalid.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let sources = config.sources.iter().map(|source| (source.name.clone(), source.clone())).collect();
        let clients = Clients::new();
        let clients = clients.map_err(|error| ConfigError::invalid("source", error))?;
        Ok(Self { sources, stores: ObjectStores::new(&config.stores)?, clients })
    }

    /// The file of an event: in place where it is one, else a copy.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn fetch(&self, source: &str, event: &UploadEvent, spool: &Spool) -> Result<Fetched, FetchError> {
        let source = self.source(source)?;
        let fetching = async {
            match &event.location {
                Location::Upload { name, .. } => Ok(Fetched::Kept(spool.upload(name))),
                Location::Path(path) => path::resolve(source, path).map(Fetched::InPlace),
                Location::Object { bucket, key } => {
                    let (length, bytes) = self.stores.get(source.store.as_deref(), bucket, key).await?;
                    if event.location.is_folder(length) {
                        return Err(FetchError::Folder);
                    }
                    spool.copy(length, bytes).await.map(Fetched::Copied)
                }
                Location::Url(address) => {
                    let (length, bytes) = url::get(&self.clients, source, address).await?;
                    spool.copy(length, bytes).await.map(Fetched::Copied)
                }
            }
        };
        let late = |_| FetchError::unreachable(format!("it did not come within {} s", TIMEOUT.as_secs()));
        timeout(TIMEOUT, fetching).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }

    /// # Errors
    /// [`FetchError::Elsewhere`] if it is not configured in this process.
    pub fn source(&self, name: &str) -> Result<&Source, FetchError> {
        self.sources.get(name).ok_or_else(|| FetchError::Elsewhere(name.to_owned()))
    }

    /// Every asset in the library of `source`: the files below its root, the objects in its store's buckets.
    ///
    /// # Errors
    /// [`FetchError`] when its store cannot be reached.
    pub async fn list(&self, source: &Source) -> Result<Vec<UploadEvent>, FetchError> {
        let mut found = source.root.as_deref().map(path::list).unwrap_or_default();
        if let Some(store) = &source.store {
            found.extend(self.stores.list(store).await?);
        }
        Ok(found)
    }

    /// The file that a location is, if it is one.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn in_place(&self, source: &str, location: &Location) -> Result<Option<PathBuf>, FetchError> {
        let (source, Location::Path(path)) = (self.source(source)?, location) else { return Ok(None) };
        path::resolve(source, path).map(Some)
    }

    /// The object that a location is, where its store is to be tagged.
    ///
    /// # Errors
    /// [`FetchError::Elsewhere`].
    pub fn tagged_object<'a>(
        &'a self,
        source: &str,
        location: &'a Location,
    ) -> Result<Option<TaggedObject<'a>>, FetchError> {
        let (Some(store), Location::Object { bucket, key }) = (&self.source(source)?.store, location) else {
            return Ok(None);
        };
        let address = format!("{store} {bucket}/{key}");
        Ok(self.stores.tagged(store, bucket).map(|bucket| TaggedObject { bucket, key, address }))
    }
}
