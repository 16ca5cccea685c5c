//! The tags of an object: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>.

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http::Method;
use sha2::{Digest, Sha256};
use xot::Xot;

use super::FetchError;
use super::bucket::{Bucket, text};
use crate::tags::object::Tag;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// What asks for the tags of an object, in place of the object.
const TAGGING: &str = "tagging=";
/// S3 keeps no more.
const MAX_TAGS: usize = 10;

/// An object that may be tagged.
pub struct TaggedObject<'a> {
    pub bucket: &'a Bucket,
    pub key: &'a str,
    /// What tells it from all other objects.
    pub address: String,
}

impl TaggedObject<'_> {
    /// # Errors
    /// [`FetchError`].
    pub async fn tags(&self) -> Result<Vec<Tag>, FetchError> {
        read(&text(self.bucket.object(Method::GET, self.key, TAGGING, Bytes::new(), &[]).await?).await?)
    }

    /// # Errors
    /// [`FetchError`].
    pub async fn write(&self, tags: &[Tag]) -> Result<(), FetchError> {
        if tags.len() > MAX_TAGS {
            return Err(FetchError::forbidden(format!("the object has {MAX_TAGS} tags already, and S3 keeps no more")));
        }
        let body = written(tags);
        let checksum = BASE64_STANDARD.encode(Sha256::digest(&body));
        let headers = [("content-type", "application/xml"), ("x-amz-checksum-sha256", &*checksum)];
        self.bucket.object(Method::PUT, self.key, TAGGING, body.into(), &headers).await.map(drop)
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
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(config(128))]

        #[test]
        fn tags_come_back_as_they_were(tags in prop::collection::vec(("[^\\p{C}]{1,20}", "[^\\p{C}]{1,20}"), 0..5)) {
            prop_assert_eq!(read(&written(&tags)).unwrap(), tags);
        }

        #[test]
        fn no_tags_crash_their_reader(text in hostile(vec![written(&[("a".into(), "b".into())]).into()])) {
            drop(read(&String::from_utf8_lossy(&text)));
        }
    }
}
