//! CloudEvents 1.0 over HTTP, in binary, structured and batch mode, with a [`Reference`] as data:
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::arrival::Arrival;
use super::error::HookError;
use super::own;

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

/// # Errors
/// [`HookError::Malformed`].
pub fn arrivals(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Arrival>, HookError> {
    let malformed = HookError::malformed("cloudevents");
    let media_type = header(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/cloudevents+json" => Ok(vec![structured(&serde_json::from_slice(body).map_err(malformed)?)?]),
        "application/cloudevents-batch+json" => {
            let events: Vec<Event> = serde_json::from_slice(body).map_err(malformed)?;
            events.iter().map(structured).collect()
        }
        _ => Ok(vec![binary(headers, body)?]),
    }
}

fn structured(event: &Event) -> Result<Arrival, HookError> {
    let malformed = HookError::malformed("cloudevents");
    let data = match (event.data, &event.data_base64) {
        (Some(data), None) => data.get().as_bytes().to_vec(),
        (None, Some(text)) => BASE64_STANDARD.decode(text).map_err(|error| malformed(error.to_string()))?,
        _ => return Err(malformed("an event without data".into())),
    };
    arrival(&event.specversion, &event.source, &event.id, &data)
}

fn binary(headers: &HeaderMap, body: &[u8]) -> Result<Arrival, HookError> {
    let missing = |name: &str| HookError::malformed("cloudevents")(format!("there is no header {name}"));
    let attribute = |name: &str| header(headers, name).ok_or_else(|| missing(name));
    attribute("ce-type")?;
    arrival(attribute("ce-specversion")?, attribute("ce-source")?, attribute("ce-id")?, body)
}

/// `source` and `id` name an event once and for all.
fn arrival(specversion: &str, source: &str, id: &str, data: &[u8]) -> Result<Arrival, HookError> {
    if specversion != "1.0" {
        return Err(HookError::malformed("cloudevents")(format!("specversion {specversion:?}, not 1.0")));
    }
    Ok(own::arrival(data)?.version(Some(format!("{source} {id}"))))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
