//! Objects in S3-compatible stores.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};

use reqwest::{Client, redirect};

use super::FetchError;
use super::tagging::Tagger;
use crate::config::{ConfigError, Store};
use crate::files::may_be_media;
use crate::upload_event::{Location, UploadEvent};

/// How long tagging an object may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Every bucket of every configured store.
pub struct ObjectStores {
    buckets: HashMap<(String, String), Arc<AmazonS3>>,
    taggers: HashMap<(String, String), Tagger>,
}

impl ObjectStores {
    /// # Errors
    /// [`ConfigError`] when a secret is missing, or the settings of a store are invalid.
    pub fn new(stores: &[Store]) -> Result<Self, ConfigError> {
        let (mut buckets, mut taggers) = (HashMap::new(), HashMap::new());
        for store in stores {
            for bucket in &store.buckets {
                let name = (store.name.clone(), bucket.clone());
                buckets.insert(name.clone(), Arc::new(open(store, bucket)?));
                if store.tag_objects {
                    taggers.insert(name, tagger(store, bucket)?);
                }
            }
        }
        Ok(Self { buckets, taggers })
    }

    /// Every object of every bucket of a store, as far as it may be media.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn list(&self, store: &str) -> Result<Vec<UploadEvent>, FetchError> {
        let mut found = Vec::new();
        for ((_, bucket), objects) in self.buckets.iter().filter(|((name, _), _)| name == store) {
            let objects: Vec<_> = objects.list(None).try_collect().await.map_err(fetch_error)?;
            let media = |object: &ObjectMeta| may_be_media(object.location.as_ref().as_ref());
            found.extend(objects.into_iter().filter(media).map(|object| {
                let location = Location::Object { bucket: bucket.clone(), key: object.location.to_string() };
                UploadEvent::new(location).version(object.e_tag)
            }));
        }
        Ok(found)
    }

    /// What tags objects, if they are to be tagged.
    pub fn tagger(&self, store: &str, bucket: &str) -> Option<&Tagger> {
        self.taggers.get(&(store.to_owned(), bucket.to_owned()))
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
        let object = store.ok_or_else(forbidden)?.get(&path).await.map_err(fetch_error)?;
        Ok((Some(object.meta.size), object.into_stream().map_err(fetch_error)))
    }
}

fn open(store: &Store, bucket: &str) -> Result<AmazonS3, ConfigError> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(&store.region);
    if let Some(endpoint) = &store.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    builder = match credential(store)? {
        Some(keys) => builder.with_access_key_id(keys.key_id).with_secret_access_key(keys.secret_key),
        None => builder.with_skip_signature(true),
    };
    builder.build().map_err(|error| ConfigError::invalid(format!("store {:?}", store.name), error))
}

fn tagger(store: &Store, bucket: &str) -> Result<Tagger, ConfigError> {
    let amazon = || format!("https://s3.{}.amazonaws.com", store.region);
    let endpoint = store.endpoint.clone().unwrap_or_else(amazon);
    let invalid = |error: reqwest::Error| ConfigError::invalid("store", error);
    Ok(Tagger {
        http: Client::builder().redirect(redirect::Policy::none()).timeout(TIMEOUT).build().map_err(invalid)?,
        bucket: format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        region: store.region.clone(),
        credential: credential(store)?,
    })
}

fn credential(store: &Store) -> Result<Option<AwsCredential>, ConfigError> {
    let (Some(access), Some(secret)) = (&store.access_key, &store.secret_key) else { return Ok(None) };
    let (key_id, secret_key) = (access.read()?.expose().to_owned(), secret.read()?.expose().to_owned());
    Ok(Some(AwsCredential { key_id, secret_key, token: None }))
}

fn fetch_error(error: Error) -> FetchError {
    match error {
        Error::NotFound { .. } => FetchError::NotFound,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            FetchError::forbidden("the store refuses these keys")
        }
        other => FetchError::unreachable(other),
    }
}
