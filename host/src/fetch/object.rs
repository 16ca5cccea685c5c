//! Objects in S3-compatible stores.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::Stream;
use http::header::CONTENT_LENGTH;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::FetchError;
use super::bucket::{Bucket, client, stream};
use crate::config::{ConfigError, Store};
use crate::files::may_be_media;
use crate::upload_event::{Location, UploadEvent};

/// Every bucket of every configured store.
pub struct ObjectStores(HashMap<(String, String), Open>);

struct Open {
    bucket: Bucket,
    tag_objects: bool,
}

/// A page of <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    encoding_type: Option<String>,
    next_continuation_token: Option<String>,
    #[serde(default)]
    contents: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    key: String,
    #[serde(default)]
    size: u64,
    e_tag: Option<String>,
}

impl ObjectStores {
    /// # Errors
    /// [`ConfigError`] when a secret is missing, or the settings of a store are invalid.
    pub fn new(stores: &[Store]) -> Result<Self, ConfigError> {
        let (http, mut all) = (client()?, HashMap::new());
        for store in stores {
            for name in &store.buckets {
                let open = Open { bucket: Bucket::new(&http, store, name)?, tag_objects: store.tag_objects };
                all.insert((store.name.clone(), name.clone()), open);
            }
        }
        Ok(Self(all))
    }

    /// Every object of every bucket of a store, as far as it may be media.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn list(&self, store: &str) -> Result<Vec<UploadEvent>, FetchError> {
        let mut found = Vec::new();
        for ((_, bucket), open) in self.0.iter().filter(|((name, _), _)| name == store) {
            let mut token = None;
            loop {
                let page = page(&open.bucket, token.as_deref()).await?;
                found.extend(page.contents.into_iter().filter_map(|object| object.upload_event(bucket)));
                token = page.next_continuation_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The bucket, if its objects are to be tagged.
    pub fn tagged(&self, store: &str, bucket: &str) -> Option<&Bucket> {
        self.0.get(&(store.to_owned(), bucket.to_owned())).filter(|open| open.tag_objects).map(|open| &open.bucket)
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
    ) -> Result<(Option<u64>, impl Stream<Item = Result<Bytes, FetchError>> + use<>), FetchError> {
        let store = store.ok_or_else(|| FetchError::forbidden("its source has no `store`"))?;
        let forbidden = || FetchError::forbidden(format!("{bucket:?} is not among `buckets` of store {store:?}"));
        let open = self.0.get(&(store.to_owned(), bucket.to_owned())).ok_or_else(forbidden)?;
        let response = open.bucket.get(key).await?;
        let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok((length, stream(response)))
    }
}

/// Some characters of keys are none of XML: they come encoded, as forms are.
async fn page(bucket: &Bucket, token: Option<&str>) -> Result<Page, FetchError> {
    let mut query = vec![("encoding-type", "url"), ("list-type", "2")];
    query.extend(token.map(|token| ("continuation-token", token)));
    query.sort_unstable();
    parsed(&bucket.list(&query).await?)
}

fn parsed(text: &str) -> Result<Page, FetchError> {
    let mut page: Page = quick_xml::de::from_str(text).map_err(FetchError::unreachable)?;
    if page.encoding_type.as_deref() == Some("url") {
        page.contents.iter_mut().for_each(Listed::decode);
    }
    Ok(page)
}

impl Listed {
    fn decode(&mut self) {
        self.key = percent_decode_str(&self.key.replace('+', " ")).decode_utf8_lossy().into_owned();
    }

    fn upload_event(self, bucket: &str) -> Option<UploadEvent> {
        let may_be_media = may_be_media(self.key.as_ref());
        let location = Location::Object { bucket: bucket.to_owned(), key: self.key };
        let wanted = may_be_media && !location.is_folder(Some(self.size));
        wanted.then(|| UploadEvent::new(location).version(self.e_tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    const PAGE: &str = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
        <Name>media</Name><Prefix/><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><KeyCount>2</KeyCount>\
        <IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr</NextContinuationToken>\
        <Contents><Key>/a%2Bb+c%0A.jpg</Key><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>\
        <CommonPrefixes/><Contents><Key>dir/</Key><Size>0</Size></Contents>\
        <Contents><Key>notes.txt</Key><Size>7</Size></Contents></ListBucketResult>";

    #[test]
    fn a_listing_names_objects_that_may_be_media() {
        let page = parsed(PAGE).unwrap();
        assert_eq!(page.next_continuation_token.as_deref(), Some("1ueGcxLPRx1Tr"));
        let found: Vec<_> = page.contents.into_iter().filter_map(|object| object.upload_event("media")).collect();
        let location = Location::Object { bucket: "media".into(), key: "/a+b c\n.jpg".into() };
        assert_eq!(found, [UploadEvent::new(location).version(Some("\"e\"".into()))]);
        assert!(parsed("<ListBucketResult/>").unwrap().contents.is_empty());
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn no_listing_crashes_its_reader(text in hostile(vec![PAGE.into()])) {
            drop(parsed(&String::from_utf8_lossy(&text)));
        }
    }
}
