//! Strapi's webhooks: <https://docs.strapi.io/cms/backend-customization/webhooks>.

use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::{Dialect, HookError, Message};
use crate::upload_event::{Location, UploadEvent};

#[derive(Deserialize)]
struct Webhook {
    event: String,
    #[serde(default)]
    media: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Media {
    id: Value,
    name: Option<String>,
    hash: Option<String>,
    url: String,
    updated_at: Option<String>,
}

pub struct Strapi;

impl Dialect for Strapi {
    fn read(&self, _: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        read(body).map(Message::from)
    }
}

/// The media that were created or replaced; entries and test events are left out.
///
/// A local upload's `url` is a path: `/uploads/clip.mp4`.
fn read(body: &[u8]) -> Result<Vec<UploadEvent>, HookError> {
    let malformed = HookError::malformed("strapi");
    let message: Webhook = serde_json::from_slice(body).map_err(&malformed)?;
    if !matches!(message.event.as_str(), "media.create" | "media.update") {
        return Ok(Vec::new());
    }
    let media: Media = serde_json::from_value(message.media).map_err(&malformed)?;
    let location = match media.url.contains("://") {
        true => Location::Url(media.url),
        false => Location::Path(media.url),
    };
    // Media that are replaced keep their hash.
    let version = format!("{} {}", media.hash.unwrap_or_default(), media.updated_at.unwrap_or_default());
    let id = media.id.as_str().map_or_else(|| media.id.to_string(), str::to_owned);
    Ok(vec![UploadEvent::new(location).named(media.name).version(Some(version)).external(id)])
}
