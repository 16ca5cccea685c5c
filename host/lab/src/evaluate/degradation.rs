//! The matrix of what happens to media on their way: each as the options with which ffmpeg does it.

use crate::dataset::MediaKind;

/// One thing that happens to media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degradation {
    /// Stable, in kebab-case.
    pub name: &'static str,
    pub words: &'static str,
    /// A chain of ffmpeg filters; empty for none.
    filter: &'static str,
    /// Constant rate factor of H.264, 0 (lossless) to 51 (worst), for videos.
    crf: u8,
    /// ffmpeg's scale of JPEG, 2 (best) to 31 (worst), for images.
    jpeg: u8,
    /// Nothing of the kind happens to an image.
    only_video: bool,
}

/// Compression that changes next to nothing, for whatever else is to be measured.
const GENTLE: Degradation = Degradation { name: "", words: "", filter: "", crf: 16, jpeg: 2, only_video: false };

/// In the order in which they are shown.
pub const ALL: [Degradation; 13] = [
    Degradation {
        name: "crf-23",
        words: "compressed as cameras do (H.264 CRF 23, JPEG 4 of 31)",
        crf: 23,
        jpeg: 4,
        ..GENTLE
    },
    Degradation { name: "crf-32", words: "compressed hard (H.264 CRF 32, JPEG 12 of 31)", crf: 32, jpeg: 12, ..GENTLE },
    Degradation {
        name: "crf-40",
        words: "compressed to blocks (H.264 CRF 40, JPEG 24 of 31)",
        crf: 40,
        jpeg: 24,
        ..GENTLE
    },
    Degradation {
        name: "double",
        words: "twice the width and height",
        filter: "scale=iw*2:-2:flags=lanczos",
        ..GENTLE
    },
    Degradation { name: "half", words: "half the width and height", filter: "scale=iw/2:-2:flags=area", ..GENTLE },
    Degradation {
        name: "quarter",
        words: "a quarter of the width and height",
        filter: "scale=iw/4:-2:flags=area",
        ..GENTLE
    },
    Degradation { name: "blur", words: "blurred (Gaussian, 2 pixels)", filter: "gblur=sigma=2", ..GENTLE },
    Degradation { name: "noise", words: "noisy (12 of 255)", filter: "noise=all_seed=1:alls=12:allf=t", ..GENTLE },
    Degradation { name: "2-fps", words: "2 frames a second", filter: "fps=2", only_video: true, ..GENTLE },
    Degradation { name: "mirrored", words: "mirrored, left and right", filter: "hflip", ..GENTLE },
    Degradation {
        name: "letterboxed",
        words: "black bars above and below",
        filter: "pad=iw:ih*3/2:0:(oh-ih)/2:black",
        ..GENTLE
    },
    Degradation {
        name: "pasted",
        words: "pasted into a grey picture twice as wide and high",
        filter: "pad=iw*2:ih*2:iw*0.7:ih*0.6:gray",
        ..GENTLE
    },
    Degradation {
        name: "screen-recorded",
        words: "filmed off a screen, approximately (askew, resampled, brighter, noisy, compressed again)",
        filter: "scale=iw*0.87:ih*0.87:flags=bilinear,format=yuv420p,\
            perspective=x0=0.02*W:y0=0.015*H:x1=0.985*W:y1=0:x2=0:y2=H:x3=W:y3=0.98*H,\
            rotate=0.012:fillcolor=black,lutyuv=y=gammaval(0.85),noise=all_seed=1:alls=6:allf=t",
        crf: 28,
        jpeg: 8,
        ..GENTLE
    },
];

impl Degradation {
    pub fn fits(&self, kind: MediaKind) -> bool {
        kind == MediaKind::Video || !self.only_video
    }

    /// The file name's ending of what [`Degradation::options`] make.
    pub fn extension(kind: MediaKind) -> &'static str {
        match kind {
            MediaKind::Video => "mp4",
            MediaKind::Image => "jpg",
        }
    }

    /// ffmpeg's options between input and output: the picture alone, without metadata, the same on every machine with
    /// the same ffmpeg.
    pub fn options(&self, kind: MediaKind) -> Vec<String> {
        let alone =
            ["-map", "0:v:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-fflags", "+bitexact", "-threads", "1"];
        let (even, format) = match kind {
            MediaKind::Video => ("pad=ceil(iw/2)*2:ceil(ih/2)*2", "yuv420p"),
            MediaKind::Image => ("null", "yuvj420p"),
        };
        let chain = [self.filter, "setsar=1", even, &format!("format={format}")].map(str::to_owned);
        let chain = chain.into_iter().filter(|filter| !filter.is_empty()).collect::<Vec<_>>().join(",");
        let encoder = match kind {
            MediaKind::Video => format!("-c:v libx264 -preset veryfast -crf {} -f mp4", self.crf),
            MediaKind::Image => format!("-frames:v 1 -c:v mjpeg -q:v {} -f image2 -update 1", self.jpeg),
        };
        let encoder = encoder.split(' ').map(str::to_owned).collect();
        [alone.map(str::to_owned).to_vec(), vec!["-vf".into(), chain], encoder].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_images_skip_what_needs_time() {
        for (nth, degradation) in ALL.iter().enumerate() {
            assert!(ALL[..nth].iter().all(|other| other.name != degradation.name && other.words != degradation.words));
        }
        let skipped: Vec<&str> = ALL.iter().filter(|d| !d.fits(MediaKind::Image)).map(|d| d.name).collect();
        assert_eq!(skipped, ["2-fps"]);
    }
}
