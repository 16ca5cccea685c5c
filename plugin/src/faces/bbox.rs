//! Boxes around faces, in pixels of the frame.

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BBox {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// Left eye, right eye, nose, left and right end of the mouth, as the viewer sees them: `[x, y]` each.
pub type Landmarks = [[f32; 2]; 5];

/// A face that the detector found, with its confidence 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    pub bbox: BBox,
    pub landmarks: Landmarks,
    pub confidence: f32,
}

impl Detection {
    /// The face a share `t` (0..1) of the way from `self` to `to`.
    pub fn lerp(&self, to: &Self, t: f32) -> Self {
        let landmark = |i: usize| [0, 1].map(|axis| mix(self.landmarks[i][axis], to.landmarks[i][axis], t));
        Self {
            bbox: self.bbox.lerp(&to.bbox, t),
            landmarks: std::array::from_fn(landmark),
            confidence: mix(self.confidence, to.confidence, t),
        }
    }

    /// The face in a picture of which this one begins at `x`, `y`.
    pub fn moved(&self, x: f32, y: f32) -> Self {
        Self {
            bbox: BBox { x: self.bbox.x + x, y: self.bbox.y + y, ..self.bbox },
            landmarks: self.landmarks.map(|[across, down]| [across + x, down + y]),
            confidence: self.confidence,
        }
    }

    /// The face with its box enlarged by `zoom` and moved right and down, in units of its longer side.
    pub fn seen(&self, [zoom, across, down]: &[f32; 3]) -> Self {
        let (BBox { x, y, width, height }, side) = (self.bbox, self.bbox.side());
        let bbox = BBox {
            x: x + across * side - (zoom - 1.0) * width / 2.0,
            y: y + down * side - (zoom - 1.0) * height / 2.0,
            width: width * zoom,
            height: height * zoom,
        };
        Self { bbox, ..*self }
    }

    /// The face in a picture that is `across` times as wide and `down` times as high.
    pub fn scaled(&self, across: f32, down: f32) -> Self {
        let BBox { x, y, width, height } = self.bbox;
        Self {
            bbox: BBox { x: x * across, y: y * down, width: width * across, height: height * down },
            landmarks: self.landmarks.map(|[x, y]| [x * across, y * down]),
            confidence: self.confidence,
        }
    }
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

impl BBox {
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The longer side.
    pub fn side(&self) -> f32 {
        self.width.max(self.height)
    }

    pub fn center(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    /// The square about the centre, `margin` times as wide as the longer side.
    pub fn square(&self, margin: f32) -> Self {
        let side = self.side() * margin;
        let [x, y] = self.center();
        Self { x: x - side / 2.0, y: y - side / 2.0, width: side, height: side }
    }

    /// Intersection over union, 0..1.
    pub fn iou(&self, other: &Self) -> f32 {
        let overlap = |a: f32, along: f32, b: f32, blong: f32| ((a + along).min(b + blong) - a.max(b)).max(0.0);
        let shared =
            overlap(self.x, self.width, other.x, other.width) * overlap(self.y, self.height, other.y, other.height);
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    fn lerp(&self, to: &Self, t: f32) -> Self {
        Self {
            x: mix(self.x, to.x, t),
            y: mix(self.y, to.y, t),
            width: mix(self.width, to.width, t),
            height: mix(self.height, to.height, t),
        }
    }

    pub fn to_array(self) -> [f32; 4] {
        [self.x, self.y, self.width, self.height]
    }
}

/// Keeps the most confident of boxes that overlap by `overlap` or more (greedy non-maximum suppression).
pub fn suppress(mut found: Vec<Detection>, overlap: f32) -> Vec<Detection> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<Detection> = Vec::new();
    for detection in found {
        if kept.iter().all(|k| k.bbox.iou(&detection.bbox) < overlap) {
            kept.push(detection);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bbox() -> impl Strategy<Value = BBox> {
        (0f32..50.0, 0f32..50.0, 1f32..40.0, 1f32..40.0).prop_map(|(x, y, width, height)| BBox { x, y, width, height })
    }

    #[test]
    fn a_view_is_enlarged_about_its_moved_middle() {
        let bbox = BBox { x: 40.0, y: 30.0, width: 80.0, height: 100.0 };
        let face = Detection { bbox, landmarks: Default::default(), confidence: 0.9 };
        assert_eq!(face.seen(&[1.0, 0.0, 0.0]), face);
        let BBox { x, y, width, height } = face.seen(&[1.1, 0.05, -0.02]).bbox;
        let near = [x - 41.0, y - 23.0, width - 88.0, height - 110.0];
        assert!(near.iter().all(|off| off.abs() < 1e-3), "{near:?}");
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_bounded_and_one_for_itself(a in bbox(), b in bbox()) {
            prop_assert!((a.iou(&b) - b.iou(&a)).abs() < 1e-6);
            prop_assert!((0.0..=1.0).contains(&a.iou(&b)));
            prop_assert!((a.iou(&a) - 1.0).abs() < 1e-4);
        }

        #[test]
        fn suppression_leaves_no_overlapping_pair_and_keeps_the_best(boxes in prop::collection::vec((bbox(), 0f32..1.0), 1..12)) {
            let found: Vec<_> = boxes.into_iter().map(|(bbox, confidence)| Detection { bbox, landmarks: Default::default(), confidence }).collect();
            let best = found.iter().map(|d| d.confidence).fold(0.0, f32::max);
            let kept = suppress(found, 0.3);
            prop_assert_eq!(kept[0].confidence, best);
            for (i, a) in kept.iter().enumerate() {
                prop_assert!(kept[i + 1..].iter().all(|b| a.bbox.iou(&b.bbox) < 0.3));
            }
        }
    }
}
