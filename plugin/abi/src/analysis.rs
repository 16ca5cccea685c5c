//! What the model says of an asset.

use serde::{Deserialize, Serialize};

use crate::{ModelId, Quality};

/// The machine's answer about one asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    pub verdict: Verdict,
    /// Why nothing was assessed; present exactly with [`Verdict::NotAssessed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// P(fake) after calibration, 0..1; absent exactly with [`Verdict::NotAssessed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Score that parts `fake` from `real` where one must choose; the verdict follows `band`.
    pub threshold: f32,
    /// Scores strictly between these two are `unsure`; the threshold lies within.
    pub band: [f32; 2],
    pub model: ModelId,
    pub windows: Vec<WindowScore>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Fake,
    Real,
    Unsure,
    #[default]
    NotAssessed,
}

impl Verdict {
    /// The verdict of a `score` under a `band` of low and high edge.
    pub fn of(score: f32, [low, high]: [f32; 2]) -> Self {
        match score {
            score if score >= high => Self::Fake,
            score if score <= low => Self::Real,
            _ => Self::Unsure,
        }
    }
}

macro_rules! reasons {
    (of_frames { $($(#[$seen:meta])* $frames:ident,)+ } of_files { $($(#[$about:meta])* $file:ident,)+ }) => {
        /// Why an asset, or a face in it, was not assessed: a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {
            $($(#[$seen])* $frames,)+
            $($(#[$about])* $file,)+
            /// One of a later version.
            #[serde(other)]
            Unknown,
        }

        impl Reason {
            /// Every reason that this version may give.
            pub const ALL: &[Self] = &[$(Self::$frames,)+ $(Self::$file),+];

            /// Those that a plugin may give, which sees frames and no files.
            pub const OF_FRAMES: &[Self] = &[$(Self::$frames),+];
        }
    };
}

reasons! {
    of_frames {
        /// No face was found in the frames seen.
        NoFace,
        /// The largest face is smaller than the model was made for.
        FaceTooSmall,
        /// The face is too blurred to judge.
        TooBlurry,
        /// So much was lost to compression that nothing is left to judge.
        TooCompressed,
        /// The face is too dark to judge.
        TooDark,
        /// The face is too bright to judge.
        TooBright,
        /// The face is turned further away than those that the model was made for.
        TurnedAway,
        /// Fewer frames with a face than the model needs.
        TooFewFrames,
        /// A drawn, painted or rendered face, not a photographed one.
        Drawn,
        /// Nose and mouth are covered, by a mask for one.
        Covered,
    }
    of_files {
        /// The file has no picture.
        NoVideo,
        /// The file cannot be decoded.
        Undecodable,
        /// The file has no bytes.
        Empty,
        /// The format is none that the host reads.
        Unsupported,
        /// The file has more bytes than the host reads.
        TooLarge,
        /// A frame has more pixels than the host decodes.
        TooManyPixels,
        /// The host may not read the file.
        Unreadable,
        /// There is no such file.
        NotFound,
        /// Something failed; the assessment's `error` says what.
        Failed,
    }
}

impl Reason {
    /// Whether it says something of the asset, so that looking again would find the same.
    pub const fn is_of_asset(self) -> bool {
        !matches!(self, Self::Unreadable | Self::NotFound | Self::Failed | Self::Unknown)
    }

    /// Whether a plugin may give it, of this version or a later one.
    pub fn is_of_frames(self) -> bool {
        self == Self::Unknown || Self::OF_FRAMES.contains(&self)
    }
}

/// One window of the asset and the faces seen in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowScore {
    pub start_us: u64,
    pub end_us: u64,
    /// Number of frames seen, and their size in pixels, which the boxes below refer to.
    pub frames: u32,
    pub width: u32,
    pub height: u32,
    /// The highest score among the window's faces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    pub faces: Vec<FaceScore>,
    /// Number of faces found beyond those that were judged.
    #[serde(default, skip_serializing_if = "crate::is_zero")]
    pub more_faces: u32,
}

/// One face followed through a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceScore {
    /// P(fake) after calibration, 0..1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// Log-odds of fake as the network gives them, before calibration; also of a face that is out of the model's scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logit: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    pub quality: Quality,
    /// `[x, y, width, height]` in pixels, in the window's middle frame.
    pub bbox: [f32; 4],
    /// Time in µs of the frame that `bbox` refers to.
    pub pts_us: u64,
}
