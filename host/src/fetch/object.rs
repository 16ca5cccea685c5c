//! Objects in S3-compatible stores.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt};

use super::FetchError;
use crate::config::{ConfigError, Store};

/// Every bucket of every configured store.
pub struct Stores {
    buckets: HashMap<(String, String), Arc<AmazonS3>>,
}

impl Stores {
    /// # Errors
    /// [`ConfigError`] when a secret is missing, or a store cannot be what it is said to be.
    pub fn new(stores: &[Store]) -> Result<Self, ConfigError> {
        let mut buckets = HashMap::new();
        for store in stores {
            for bucket in &store.buckets {
                buckets.insert((store.name.clone(), bucket.clone()), Arc::new(open(store, bucket)?));
            }
        }
        Ok(Self { buckets })
    }

    /// How many bytes the object has, and the bytes.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn get(
        &self,
        store: Option<&str>,
        bucket: &str,
        key: &str,
    ) -> Result<(Option<u64>, impl Stream<Item = Result<bytes::Bytes, FetchError>>), FetchError> {
        let name = store.ok_or_else(|| FetchError::forbidden("its source has no `store`"))?;
        let store = self.buckets.get(&(name.to_owned(), bucket.to_owned()));
        let forbidden = || FetchError::forbidden(format!("{bucket:?} is not among `buckets` of store {name:?}"));
        let path = Path::parse(key).map_err(|error| FetchError::forbidden(error.to_string()))?;
        let object = store.ok_or_else(forbidden)?.get(&path).await.map_err(meaning)?;
        Ok((Some(object.meta.size), object.into_stream().map_err(meaning)))
    }
}

fn open(store: &Store, bucket: &str) -> Result<AmazonS3, ConfigError> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(&store.region);
    if let Some(endpoint) = &store.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    match (&store.access_key, &store.secret_key) {
        (Some(access), Some(secret)) => {
            builder =
                builder.with_access_key_id(access.read()?.expose()).with_secret_access_key(secret.read()?.expose());
        }
        _ => builder = builder.with_skip_signature(true),
    }
    let senseless =
        |error: Error| ConfigError::Senseless { key: format!("store {:?}", store.name), why: error.to_string() };
    builder.build().map_err(senseless)
}

fn meaning(error: Error) -> FetchError {
    match error {
        Error::NotFound { .. } => FetchError::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            FetchError::forbidden("the store refuses these keys")
        }
        other => FetchError::unreachable(other),
    }
}
