//! The asset itself: its bytes for the player, and pictures made from it, cached.

use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, PoisonError};

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use tower_http::services::ServeFile;

use super::Pages;
use super::access::Viewer;
use super::fault::Fault;
use crate::assessment::{Assessment, MediaFacts};
use crate::error::Error;
use crate::fetch::Fetched;
use crate::files::{self, sha256_of, version};
use crate::records::JobRecord;
use crate::scan::Scanner;
use crate::upload_event::Location;

/// Longest side of the picture of an asset in the queue, in pixels.
const POSTER_SIDE: u32 = 480;
/// An upload must not act as a page.
const SANDBOX: &str = "default-src 'none'; sandbox";

/// Formats that browsers play or show, by the name that ffprobe has for the container or the codec.
const PLAYABLE: [(&str, &str); 9] = [
    ("mov", "video/mp4"),
    ("mp4", "video/mp4"),
    ("matroska", "video/webm"),
    ("webm", "video/webm"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("image2", "image/jpeg"),
];

/// The media type as which a browser is given it; None for what it cannot show.
fn media_type(media: &MediaFacts) -> Option<&'static str> {
    let of = |name: &str| PLAYABLE.iter().find(|(known, _)| name.split(['_', ',']).any(|part| part == *known));
    let found = if media.kind == "image" {
        match media.codec.as_str() {
            "mjpeg" => Some("image/jpeg"),
            "av1" => Some("image/avif"),
            codec => of(codec).map(|(_, media_type)| *media_type),
        }
    } else {
        of(&media.format).map(|(_, media_type)| *media_type)
    };
    found.filter(|found| found.starts_with(&media.kind))
}

/// The player, or the picture; frames of it where a browser cannot play it.
pub fn player(sha256: &str, assessment: &Assessment) -> Markup {
    let address = format!("/review/assets/{sha256}");
    let media = assessment.asset.media.as_ref();
    let shown = media.and_then(media_type);
    html! {
        figure.player {
            @if shown.is_some_and(|kind| kind.starts_with("video")) {
                div.screen { video id="player" controls preload="metadata" src={ (address) "/media" } poster={ (address) "/poster" } {} }
            } @else if shown.is_some() {
                img src={ (address) "/media" } alt="The asset";
            } @else if media.is_some() {
                img src={ (address) "/poster" } alt="A frame of the asset";
                figcaption.quiet { "Browsers do not play this format: a frame of it." }
            }
        }
    }
}

pub async fn whole(
    State(pages): State<Arc<Pages>>,
    _: Viewer,
    Path(sha256): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let asset = open(&pages, newest(&pages, &sha256).await?, &sha256).await?;
    let media_type = asset.media.as_ref().and_then(media_type).unwrap_or("application/octet-stream");
    let served = ServeFile::new(&asset.path).try_call(request).await;
    let mut response = served.map_err(|error| Fault::NotShown(error.to_string()))?.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}

/// A frame with the face that counts, else one from the middle.
pub async fn poster(State(pages): State<Arc<Pages>>, _: Viewer, Path(sha256): Path<String>) -> Result<Response, Fault> {
    picture(&pages, &sha256, "poster", |scanner, asset| {
        let faces = asset.assessment.windows.iter().flat_map(|window| &window.faces);
        let face = faces.max_by(|a, b| a.score.unwrap_or(-1.0).total_cmp(&b.score.unwrap_or(-1.0)));
        let middle = asset.media.as_ref().and_then(|media| media.duration_us).unwrap_or_default() / 2;
        let at = face.map_or(middle, |face| face.pts_us);
        let media = asset.media.as_ref().ok_or(Error::Bug)?;
        scanner.poster(&asset.path, media, at, POSTER_SIDE).map(Some)
    })
    .await
}

pub async fn face(
    State(pages): State<Arc<Pages>>,
    _: Viewer,
    Path((sha256, window, face)): Path<(String, usize, usize)>,
) -> Result<Response, Fault> {
    picture(&pages, &sha256, &format!("face-{window}-{face}"), move |scanner, asset| {
        let (Some(media), Some(window)) = (&asset.media, asset.assessment.windows.get(window)) else { return Ok(None) };
        Ok(scanner.face(&asset.path, media, window, face)?.map(|face| face.jpeg))
    })
    .await
}

/// A face under the colours of what speaks for fake and for real.
pub async fn heat_map(
    State(pages): State<Arc<Pages>>,
    _: Viewer,
    Path((sha256, window, face)): Path<(String, usize, usize)>,
) -> Result<Response, Fault> {
    picture(&pages, &sha256, &format!("map-{window}-{face}"), move |scanner, asset| {
        Ok(Some(scanner.explain(&asset.path, &asset.assessment, window, face)?.jpeg_with_map()))
    })
    .await
}

/// An asset that lies on this machine.
struct Open {
    path: PathBuf,
    assessment: Assessment,
    media: Option<MediaFacts>,
    /// Keeps a copy there meanwhile.
    _fetched: Option<Fetched>,
}

async fn newest(pages: &Pages, sha256: &str) -> Result<Assessment, Fault> {
    let assessments = pages.assessor.records.assessments(sha256).await?;
    assessments.into_iter().next().ok_or(Fault::NotFound("asset"))
}

/// The asset of an assessment: in place, or a cached copy.
async fn open(pages: &Pages, assessment: Assessment, sha256: &str) -> Result<Open, Fault> {
    let media = assessment.asset.media.clone();
    let name = format!("{sha256}.copy");
    if let Some(path) = pages.cache.find(&name) {
        return Ok(Open { path, assessment, media, _fetched: None });
    }
    let job = pages.assessor.records.origin(sha256).await?.ok_or(Fault::NotFound("asset"))?;
    // Who waits finds the copy that somebody else has fetched meanwhile.
    let _turn = pages.fetches.acquire().await.map_err(|_| Fault::Bug)?;
    if let Some(path) = pages.cache.find(&name) {
        return Ok(Open { path, assessment, media, _fetched: None });
    }
    let fetched = fetch(pages, &job).await?;
    require_unchanged(pages, fetched.path(), sha256).await?;
    match fetched {
        Fetched::Copied(copy) => {
            let path = pages.cache.take(&name, copy).map_err(|error| Fault::NotShown(error.to_string()))?;
            Ok(Open { path, assessment, media, _fetched: None })
        }
        there => Ok(Open { path: there.path().to_owned(), assessment, media, _fetched: Some(there) }),
    }
}

async fn fetch(pages: &Pages, job: &JobRecord) -> Result<Fetched, Fault> {
    if let Location::Upload { .. } = &job.event.location {
        return Err(Fault::NotShown(
            "it was uploaded to this service, which keeps no upload once it is assessed".into(),
        ));
    }
    let fetched = pages.assessor.fetcher.fetch(&job.source, &job.event, &pages.assessor.spool).await;
    fetched.map_err(|error| Fault::NotShown(error.to_string()))
}

/// Something else may lie where the asset was; a file that has not changed since is not read again.
async fn require_unchanged(pages: &Pages, path: &FilePath, sha256: &str) -> Result<(), Fault> {
    let now = version(path);
    if now.is_some() && pages.verified.lock().unwrap_or_else(PoisonError::into_inner).get(sha256) == now.as_ref() {
        return Ok(());
    }
    let hashed = path.to_owned();
    let hash = move || std::fs::File::open(hashed).and_then(sha256_of);
    match tokio::task::spawn_blocking(hash).await.map_err(|_| Fault::Bug)? {
        Ok((found, _)) if found == sha256 => {}
        Ok(_) => return Err(Fault::NotShown("something else lies where it was".into())),
        Err(error) => return Err(Fault::NotShown(error.to_string())),
    }
    if let Some(version) = now {
        pages.verified.lock().unwrap_or_else(PoisonError::into_inner).insert(sha256.into(), version);
    }
    Ok(())
}

/// A picture of an asset as its newest assessment knows it, made at the first request.
async fn picture(
    pages: &Pages,
    sha256: &str,
    what: &str,
    make: impl FnOnce(&Scanner, &Open) -> Result<Option<Vec<u8>>, Error> + Send + 'static,
) -> Result<Response, Fault> {
    let assessment = newest(pages, sha256).await?;
    let by = files::sha256(format!("{:?} {:?}", assessment.model, assessment.plugin).as_bytes());
    let name = format!("{sha256}-{}-{what}.jpg", &by[..16]);
    let path = match pages.cache.find(&name) {
        Some(path) => path,
        None => {
            let (asset, scanner) = (open(pages, assessment, sha256).await?, pages.assessor.scanner.clone());
            let _permit = pages.pictures.acquire().await.map_err(|_| Fault::Bug)?;
            let made = tokio::task::spawn_blocking(move || make(&scanner, &asset)).await.map_err(|_| Fault::Bug)?;
            let jpeg = made.map_err(|error| Fault::NotShown(error.to_string()))?.ok_or(Fault::NotFound("face"))?;
            pages.cache.keep(&name, &jpeg).map_err(|error| Fault::NotShown(error.to_string()))?
        }
    };
    let jpeg = tokio::fs::read(FilePath::new(&path)).await.map_err(|error| Fault::NotShown(error.to_string()))?;
    let headers = [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, max-age=60")];
    Ok((StatusCode::OK, headers, jpeg).into_response())
}
