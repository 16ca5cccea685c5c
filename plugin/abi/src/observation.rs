//! What `prepare` saw: the windows of an asset, the faces followed through each, and their quality.

use serde::{Deserialize, Serialize};

/// Everything that was looked at, in the order of the tensor rows. `prepare` gives one window;
/// the host joins those of an asset with [`Observation::append`] before it calls `decide`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub windows: Vec<Window>,
}

impl Observation {
    /// Adds the windows of `other`, whose tensor rows follow ours.
    pub fn append(&mut self, other: Self) {
        self.windows.extend(other.windows);
    }

    /// Number of tensor rows, one per face per frame, or per view in a still.
    pub fn rows(&self) -> usize {
        self.windows.iter().flat_map(|w| &w.tracks).map(|t| t.frames.len()).sum()
    }
}

/// Consecutive frames that were looked at together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub start_us: u64,
    pub end_us: u64,
    /// Number of frames seen.
    pub frames: u32,
    /// Size in pixels of the frames seen, which the boxes below refer to.
    pub width: u32,
    pub height: u32,
    /// The faces followed, largest first; empty when no face was found.
    pub tracks: Vec<Track>,
    /// Number of faces found beyond those followed.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub more_faces: u32,
}

impl Window {
    /// How many of the rows of `track` are read together, and how often: footage's frames once, in their order; the views
    /// of a still each by itself.
    pub fn reading(&self, track: &Track) -> [usize; 2] {
        let rows = track.frames.len();
        if self.frames == 1 { [1, rows] } else { [rows, 1] }
    }
}

/// One face followed through a window; it has one tensor row for each of `frames`, which in a still are views of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub frames: Vec<TrackFrame>,
    pub quality: Quality,
}

/// Where the face is in one frame, in pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackFrame {
    pub pts_us: u64,
    /// `[x, y, width, height]`
    pub bbox: [f32; 4],
    /// Left eye, right eye, nose, left and right end of the mouth, as the viewer sees them: `[x, y]` each.
    pub landmarks: [[f32; 2]; 5],
}

/// How well the face can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Median side of the face box in pixels.
    pub face_px: f32,
    /// Median variance of the Laplacian of the crop's luma (0..255), at the model's input size.
    pub sharpness: f32,
    /// Median mean luma of the crop, 0..255.
    pub brightness: f32,
    /// Median of how far the nose lies aside of the middle between the eyes, in units of the way between the eyes: 0 from the
    /// front, above 1 in profile.
    #[serde(default)]
    pub turn: f32,
    /// Mean confidence of the face detector, 0..1.
    pub detection: f32,
    /// Share of the examined frames in which the face was detected rather than interpolated, 0..1.
    pub coverage: f32,
}
