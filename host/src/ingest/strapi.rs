//! Strapi's webhooks: <https://docs.strapi.io/cms/backend-customization/webhooks>.

use serde::Deserialize;
use serde_json::Value;

use super::arrival::{Arrival, Place};
use super::error::HookError;

#[derive(Deserialize)]
struct Message {
    event: String,
    media: Option<Media>,
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

/// The media that were made or replaced; entries and test events are none of ours.
///
/// A local upload's `url` is a path: `/uploads/clip.mp4`.
///
/// # Errors
/// [`HookError::Malformed`].
pub fn arrivals(body: &[u8]) -> Result<Vec<Arrival>, HookError> {
    let message: Message = serde_json::from_slice(body).map_err(HookError::malformed("strapi"))?;
    let ours = matches!(message.event.as_str(), "media.create" | "media.update");
    let Some(media) = message.media.filter(|_| ours) else { return Ok(Vec::new()) };
    let place = match media.url.contains("://") {
        true => Place::Url(media.url),
        false => Place::Path(media.url),
    };
    // Media that are replaced keep their hash.
    let version = format!("{} {}", media.hash.unwrap_or_default(), media.updated_at.unwrap_or_default());
    let id = media.id.as_str().map_or_else(|| media.id.to_string(), str::to_owned);
    Ok(vec![Arrival::new(place).named(media.name).version(Some(version)).external(id)])
}
