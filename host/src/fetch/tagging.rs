//! The tags of an object: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>.

use base64::prelude::{BASE64_STANDARD, Engine};
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, StatusCode};
use sha2::{Digest, Sha256};
use xot::Xot;

use super::FetchError;
use crate::tags::object::Tag;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// What a key may show as it is in an address.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// S3 keeps no more.
const MAX_TAGS: usize = 10;

/// A bucket whose objects may be tagged.
pub struct Tagger {
    pub http: Client,
    /// Where the bucket is, path-style: `https://host/bucket`.
    pub bucket: String,
    pub region: String,
    pub credential: Option<AwsCredential>,
}

/// An object of such a bucket.
pub struct TaggedObject<'a> {
    pub tagger: &'a Tagger,
    pub key: &'a str,
    /// What tells it from all other objects.
    pub address: String,
}

impl TaggedObject<'_> {
    /// # Errors
    /// [`FetchError`].
    pub async fn tags(&self) -> Result<Vec<Tag>, FetchError> {
        read(&self.tagger.request("GET", self.key, String::new()).await?)
    }

    /// # Errors
    /// [`FetchError`].
    pub async fn write(&self, tags: &[Tag]) -> Result<(), FetchError> {
        if tags.len() > MAX_TAGS {
            return Err(FetchError::forbidden(format!("the object has {MAX_TAGS} tags already, and S3 keeps no more")));
        }
        self.tagger.request("PUT", self.key, written(tags)).await.map(drop)
    }
}

impl Tagger {
    async fn request(&self, method: &str, key: &str, body: String) -> Result<String, FetchError> {
        let url = format!("{}/{}?tagging=", self.bucket, utf8_percent_encode(key, KEY));
        let mut request = http::Request::builder().method(method).uri(&url);
        if !body.is_empty() {
            let checksum = BASE64_STANDARD.encode(Sha256::digest(&body));
            request = request.header("x-amz-checksum-sha256", checksum).header("content-type", "application/xml");
        }
        let request = request.body(HttpRequestBody::from(body.clone()));
        let mut request = request.map_err(|error| FetchError::forbidden(error.to_string()))?;
        if let Some(credential) = &self.credential {
            let signed = AwsAuthorizer::new(credential, "s3", &self.region).try_authorize(&mut request, None);
            signed.map_err(FetchError::unreachable)?;
        }
        let (parts, _) = request.into_parts();
        let request = self.http.request(parts.method, &url).headers(parts.headers).body(body);
        let response = request.send().await.map_err(|error| FetchError::unreachable(error.without_url()))?;
        match response.status() {
            status if status.is_success() => {
                response.text().await.map_err(|error| FetchError::unreachable(error.without_url()))
            }
            StatusCode::NOT_FOUND => Err(FetchError::NotFound),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                Err(FetchError::forbidden("the store refuses to have its objects tagged with these keys"))
            }
            status => Err(FetchError::unreachable(format!("the store says {status}"))),
        }
    }
}

fn read(text: &str) -> Result<Vec<Tag>, FetchError> {
    let mut xot = Xot::new();
    let document = xot.parse(text).map_err(FetchError::unreachable)?;
    let named = |node, name: &str| xot.node_name(node).is_some_and(|id| xot.local_name_str(id) == name);
    let tags = xot.descendants(document).filter(|node| named(*node, "Tag"));
    let part = |tag, name| xot.children(tag).find(|node| named(*node, name)).map(|node| xot.string_value(node));
    Ok(tags.filter_map(|tag| Some((part(tag, "Key")?, part(tag, "Value")?))).collect())
}

fn written(tags: &[Tag]) -> String {
    let mut xot = Xot::new();
    let namespace = xot.add_namespace(NAMESPACE);
    let [tagging, set, tag, key, value] =
        ["Tagging", "TagSet", "Tag", "Key", "Value"].map(|name| xot.add_name_ns(name, namespace));
    let (root, list) = (xot.new_element(tagging), xot.new_element(set));
    let empty = xot.empty_prefix();
    xot.set_namespace(root, empty, namespace);
    xot.append(root, list).expect("elements take elements");
    for (name, text) in tags {
        let item = xot.new_element(tag);
        xot.append(list, item).expect("elements take elements");
        for (part, text) in [(key, name), (value, text)] {
            let part = xot.new_element(part);
            xot.append_text(part, text).expect("elements take text");
            xot.append(item, part).expect("elements take elements");
        }
    }
    xot.to_string(root).expect("every name has its prefix")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tags_come_back_as_they_were(tags in prop::collection::vec(("[^\\p{C}]{1,20}", "[^\\p{C}]{1,20}"), 0..5)) {
            prop_assert_eq!(read(&written(&tags)).unwrap(), tags);
        }
    }
}
