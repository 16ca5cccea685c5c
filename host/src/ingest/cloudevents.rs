//! CloudEvents 1.0 over HTTP, in binary, structured and batch mode, with a [`Reference`] as data:
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Dialect, HookError, Message, own};
use crate::upload_event::UploadEvent;

#[derive(Deserialize)]
struct Event<'a> {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    _kind: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<String>,
}

pub struct CloudEvents;

impl Dialect for CloudEvents {
    fn read(&self, headers: &HeaderMap, body: &[u8]) -> Result<Message, HookError> {
        let malformed = HookError::malformed("cloudevents");
        let media_type = header(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        match &*media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase() {
            "application/cloudevents+json" => Ok(vec![structured(body)?].into()),
            "application/cloudevents-batch+json" => {
                let events: Vec<&RawValue> = serde_json::from_slice(body).map_err(malformed)?;
                Message::of_batch(events, |event| structured(event.get().as_bytes()).map(Some))
            }
            _ => Ok(vec![binary(headers, body)?].into()),
        }
    }
}

fn structured(event: &[u8]) -> Result<UploadEvent, HookError> {
    let malformed = HookError::malformed("cloudevents");
    let event: Event = serde_json::from_slice(event).map_err(malformed)?;
    let data = match (event.data, &event.data_base64) {
        (Some(data), None) => data.get().as_bytes().to_vec(),
        (None, Some(text)) => BASE64_STANDARD.decode(text).map_err(HookError::malformed("cloudevents"))?,
        _ => return Err(HookError::malformed("cloudevents")("an event without data")),
    };
    upload_event(&event.specversion, &event.source, &event.id, &data)
}

fn binary(headers: &HeaderMap, body: &[u8]) -> Result<UploadEvent, HookError> {
    let missing = |name: &str| HookError::malformed("cloudevents")(format!("there is no header {name}"));
    let attribute = |name: &str| header(headers, name).ok_or_else(|| missing(name));
    attribute("ce-type")?;
    upload_event(attribute("ce-specversion")?, attribute("ce-source")?, attribute("ce-id")?, body)
}

/// `source` and `id` name an event once and for all.
fn upload_event(specversion: &str, source: &str, id: &str, data: &[u8]) -> Result<UploadEvent, HookError> {
    if specversion != "1.0" {
        return Err(HookError::malformed("cloudevents")(format!("specversion {specversion:?}, not 1.0")));
    }
    Ok(own::upload_event(data)?.version(Some(format!("{source} {id}"))))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
