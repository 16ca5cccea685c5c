//! Opens an asset, and the options that every ffmpeg program gets to read it with.

use super::{error::MediaError, limits::Limits};
use crate::tools::{INPUT, last_line};
use std::{
    fs::File,
    io,
    path::Path,
    process::{Command, Stdio},
};

/// Containers that people upload. It leaves out every format that names other files (playlists, image
/// sequences, concat scripts), draws text, or opens a device.
const FORMATS: &str = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,ivf,gif,apng,\
    h264,hevc,m4v,av1,obu,mjpeg,yuv4mpegpipe,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,jpegxl_pipe,\
    j2k_pipe,webp_anim,mp3,wav,flac,aac";

/// Formats of ffmpeg whose files name others.
const FOLLOWING: [&str; 8] = ["hls", "applehttp", "concat", "dash", "imf", "image2", "sdp", "webm_dash_manifest"];

/// Opens `path` for reading, once it is known to be a regular file within the limits.
pub fn open(path: &Path, limits: &Limits) -> Result<File, MediaError> {
    let (file, bytes) = regular(path)?;
    limits.check_bytes(path, bytes)?;
    Ok(file)
}

/// Opens `path` for reading, once it is known to be a regular file; gives its size in bytes along.
pub fn regular(path: &Path) -> Result<(File, u64), MediaError> {
    let facts = std::fs::metadata(path).map_err(|source| unreadable(path, source))?;
    if !facts.is_file() {
        return Err(MediaError::NotAFile(path.into()));
    }
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    Ok((file, facts.len()))
}

/// What it means that `path` cannot be read.
pub fn unreadable(path: &Path, source: io::Error) -> MediaError {
    match source.kind() {
        io::ErrorKind::NotFound => MediaError::NotFound(path.into()),
        _ => MediaError::Unreadable { path: path.into(), source },
    }
}

/// Options that go before the input: `file` as standard input, nothing else to open, bounded memory.
pub fn read_from<'a>(command: &'a mut Command, file: File, limits: &Limits) -> &'a mut Command {
    command
        .stdin(Stdio::from(file))
        .args(["-hide_banner", "-loglevel", "error"])
        .args(["-max_alloc", &limits.max_alloc().to_string()])
        .args(["-max_pixels", &limits.pixels.to_string()])
        .args(["-protocol_whitelist", "file,pipe,subfile", "-format_whitelist", FORMATS])
}

/// The name of bytes of the input, from the first to the one before the last, which is 0 for the end.
pub fn input((from, to): (u64, u64)) -> String {
    if (from, to) == (0, 0) { INPUT.into() } else { format!("subfile,,start,{from},end,{to},,:{INPUT}") }
}

/// What ffmpeg's last words mean for the file at `path`; `fallback` when they are nothing special.
pub fn blame_file(path: &Path, limits: &Limits, stderr: &str, fallback: &str) -> MediaError {
    let path = path.to_path_buf();
    if let Some(size) = picture_too_large(stderr) {
        return limits.too_many_pixels(&path, &size);
    }
    if let Some((format, _)) = stderr.split_once("Format not on whitelist") {
        return MediaError::Unsupported { path, why: not_listed(format) };
    }
    let why = last_line(stderr);
    MediaError::Undecodable { path, why: if why.is_empty() { fallback.into() } else { why } }
}

/// What it means that ffmpeg may not read a format: `[pcx_pipe @ 0x55] ` stands before its complaint.
fn not_listed(complaint: &str) -> String {
    let name = complaint.rsplit_once('[').and_then(|(_, rest)| rest.split([' ', ']']).next()).unwrap_or_default();
    match name.strip_suffix("_pipe") {
        Some(picture) => {
            format!("it is a picture of a kind that is not read ({picture}); save it as JPEG, PNG or TIFF")
        }
        None if FOLLOWING.contains(&name) => "playlists, image sequences and scripts are not followed".into(),
        None => format!("its format is not read ({name}); save it as MP4 or Matroska"),
    }
}

/// `Picture size 640x480 exceeds specified max pixel count`, or `is invalid` when it overflows.
fn picture_too_large(stderr: &str) -> Option<String> {
    let (_, rest) = stderr.split_once("Picture size ")?;
    let (size, verdict) = rest.split_once(' ')?;
    let (width, height) = size.split_once('x')?;
    let positive = |side: &str| side.parse::<u32>().is_ok_and(|n| n > 0);
    let refused = verdict.starts_with("exceeds") || verdict.starts_with("is invalid");
    (refused && positive(width) && positive(height)).then(|| size.replace('x', "×"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_bomb_from_a_broken_picture() {
        let code = |stderr: &str| blame_file(Path::new("a"), &Limits::default(), stderr, "?").code();
        assert_eq!(code("[IMGUTILS @ 0x7] Picture size 30000x30000 is invalid\n"), "media-too-many-pixels");
        assert_eq!(code("[gif @ 0x5] Picture size 96x96 exceeds specified max"), "media-too-many-pixels");
        assert_eq!(code("[IMGUTILS @ 0x7] Picture size 0x0 is invalid\n"), "media-undecodable");
        assert_eq!(code("[hls @ 0x5] Format not on whitelist 'mov'\n"), "media-unsupported");
    }

    #[test]
    fn formats_that_may_not_be_read_are_named() {
        let words = ["[hls @ 0x5] ", "[pcx_pipe @ 0x5] ", "warning\n[wtv @ 0x5] "].map(not_listed);
        assert!(
            words[0].contains("playlists") && words[1].contains("(pcx)") && words[2].contains("(wtv)"),
            "{words:?}"
        );
    }
}
