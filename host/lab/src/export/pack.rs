//! A directory of crops: `part-0000.safetensors`, … with the pictures, `tracks.jsonl` with what is known of them,
//! and at last `crops.json`, without which it is not whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::Serialize;
use veritag_abi::bundle::Input;
use veritag_abi::{ModelId, Quality, TensorBatch, TrackFrame, Window};

use crate::dataset::Entry;
use crate::error::Error;
use veritag::files::{FileError, replace, sha256};
use veritag::scan::picture::pictures;

pub const SCHEMA: &str = "veritag.crops/1";
/// Largest part, in bytes of pictures: with its header at most 60 MiB, unless one track is larger.
const MAX_PART_BYTES: usize = (60 << 20) - (4 << 10);

/// What `crops.json` says.
#[derive(Debug, Serialize)]
struct Contents<'a> {
    schema: &'static str,
    model: &'a ModelId,
    /// Side of a crop in pixels, and in units of the face box.
    size: usize,
    margin: f32,
    /// Most frames of a window.
    window: u32,
    parts: &'a [PartCard],
}

/// One tensor `crops`, u8, `[rows, size, size, 3]`, rgb.
#[derive(Debug, Serialize)]
struct PartCard {
    file: String,
    sha256: String,
    rows: usize,
}

/// One line of `tracks.jsonl`: a face followed through a window.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// The manifest's columns.
    asset: &'a Entry,
    window: Extent,
    /// Place among the faces of the window, the largest first.
    face: usize,
    frames: &'a [TrackFrame],
    quality: &'a Quality,
    /// Where its pictures are: `rows` of them from `row`.
    part: String,
    row: usize,
    rows: usize,
}

#[derive(Debug, Serialize)]
struct Extent {
    start_us: u64,
    end_us: u64,
    frames: u32,
    /// Size of the frames, in whose pixels boxes and landmarks are.
    width: u32,
    height: u32,
}

/// A pack that is being written.
pub struct Pack {
    directory: PathBuf,
    input: Input,
    tracks: BufWriter<File>,
    pictures: Vec<u8>,
    parts: Vec<PartCard>,
}

impl Pack {
    /// Starts a pack in `directory`, which must be new or empty.
    ///
    /// # Errors
    /// [`Error::File`] when it has something in it, or cannot be written to.
    pub fn create(directory: &Path, input: Input) -> Result<Self, Error> {
        let start = || -> std::io::Result<File> {
            std::fs::create_dir_all(directory)?;
            if std::fs::read_dir(directory)?.next().is_some() {
                return Err(std::io::Error::other("it is not empty"));
            }
            File::create_new(directory.join("tracks.jsonl"))
        };
        let tracks = BufWriter::new(start().map_err(FileError::unwritable(directory))?);
        Ok(Self { directory: directory.to_owned(), input, tracks, pictures: Vec::new(), parts: Vec::new() })
    }

    /// Adds the faces of one window of an asset; gives how many there were.
    ///
    /// # Errors
    /// [`Error::File`] when the pack cannot be written to.
    pub fn add(&mut self, asset: &Entry, crops: &TensorBatch) -> Result<usize, Error> {
        let mut data = crops.data.as_slice();
        let windows = &crops.seen.windows;
        for window in windows {
            for face in 0..window.tracks.len() {
                let (track, rest) = data.split_at(window.tracks[face].frames.len() * self.each());
                self.add_track(asset, window, face, track).map_err(FileError::unwritable(&self.directory))?;
                data = rest;
            }
        }
        Ok(windows.iter().map(|window| window.tracks.len()).sum())
    }

    /// Values of one crop.
    fn each(&self) -> usize {
        self.input.size * self.input.size * 3
    }

    fn add_track(&mut self, asset: &Entry, window: &Window, face: usize, crops: &[f32]) -> std::io::Result<()> {
        if !self.pictures.is_empty() && self.pictures.len() + crops.len() > MAX_PART_BYTES {
            self.close_part()?;
        }
        let (track, row) = (&window.tracks[face], self.pictures.len() / self.each());
        let line = Line {
            asset,
            window: extent(window),
            face,
            frames: &track.frames,
            quality: &track.quality,
            part: self.part_name(),
            row,
            rows: track.frames.len(),
        };
        serde_json::to_writer(&mut self.tracks, &line)?;
        self.pictures.extend(pictures(&self.input, crops));
        self.tracks.write_all(b"\n")
    }

    fn part_name(&self) -> String {
        format!("part-{:04}.safetensors", self.parts.len())
    }

    fn close_part(&mut self) -> std::io::Result<()> {
        let (size, rows) = (self.input.size, self.pictures.len() / self.each());
        let view =
            TensorView::new(Dtype::U8, vec![rows, size, size, 3], &self.pictures).map_err(std::io::Error::other)?;
        let bytes = serialize([("crops", view)], None).map_err(std::io::Error::other)?;
        let file = self.part_name();
        std::fs::write(self.directory.join(&file), &bytes)?;
        self.parts.push(PartCard { file, sha256: sha256(&bytes), rows });
        self.pictures.clear();
        Ok(())
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written to.
    pub fn finish(mut self, model: &ModelId, window: u32) -> Result<(), Error> {
        let last = if self.pictures.is_empty() { Ok(()) } else { self.close_part() };
        last.and_then(|()| self.tracks.flush()).map_err(FileError::unwritable(&self.directory))?;
        let Input { size, margin, .. } = self.input;
        let contents = Contents { schema: SCHEMA, model, size, margin, window, parts: &self.parts };
        let contents = serde_json::to_vec_pretty(&contents).expect("plain data serializes");
        Ok(replace(&self.directory.join("crops.json"), &contents)?)
    }
}

fn extent(&Window { start_us, end_us, frames, width, height, .. }: &Window) -> Extent {
    Extent { start_us, end_us, frames, width, height }
}
