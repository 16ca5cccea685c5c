//! Following faces through a window: detections in its key frames become one box per frame and face.

use super::bbox::Detection;

/// Frames from one key frame to the next, at most.
const STEP: usize = 5;
/// Least overlap of a face's box with that half way between its boxes before and after.
const STRAIGHT: f32 = 0.8;
/// Least overlap of a face's boxes in two key frames.
const SAME_FACE: f32 = 0.2;
/// Least share of the key frames in which a face must be found.
const STEADY: f32 = 0.5;

/// The frames of a window that the detector looks at.
pub struct KeyFrames {
    /// The first, the middle one and the last.
    pub first: Vec<usize>,
    /// Those between, for faces that do not stay on straight lines.
    pub between: Vec<usize>,
}

impl KeyFrames {
    /// Those of a window of `count` frames.
    pub fn of(count: usize) -> Self {
        let mut keys: Vec<usize> = (0..count).step_by(STEP).collect();
        if keys.last() != Some(&(count - 1)) {
            keys.push(count - 1);
        }
        let ends = [0, keys.len() / 2, keys.len() - 1].map(|at| keys[at]);
        let (first, between) = keys.into_iter().partition(|key| ends.contains(key));
        Self { first, between }
    }
}

/// A key frame, and the faces found there.
pub type Look = (usize, Vec<Detection>);

/// Whether three looks found the same faces, those of the middle one about half way between the others.
pub fn is_steady(looks: &[Look]) -> bool {
    let [(start, first), (at, middle), (end, last)] = looks else { return true };
    let share = (at - start) as f32 / (end - start) as f32;
    let lines = || first.iter().flat_map(|from| last.iter().map(move |to| from.lerp(to, share).bbox));
    let on_a_line = |face: &Detection| lines().any(|line| line.iou(&face.bbox) >= STRAIGHT);
    first.len() == middle.len() && middle.len() == last.len() && middle.iter().all(on_a_line)
}

/// One face: where it was found, by key frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    found: Vec<(usize, Detection)>,
    examined: usize,
}

impl Path {
    /// Share of the key frames in which the face was found, 0..1.
    pub fn coverage(&self) -> f32 {
        self.found.len() as f32 / self.examined as f32
    }

    /// Mean confidence of the detector.
    pub fn confidence(&self) -> f32 {
        self.found.iter().map(|(_, d)| d.confidence).sum::<f32>() / self.found.len() as f32
    }

    fn weight(&self) -> f32 {
        self.found.iter().map(|(_, d)| d.bbox.area()).sum::<f32>() / self.examined as f32
    }

    /// The face in frame `index`: as found, or on the straight line between its neighbours.
    pub fn at(&self, index: usize) -> Detection {
        let next = self.found.partition_point(|(frame, _)| *frame < index);
        match (next.checked_sub(1).map(|i| &self.found[i]), self.found.get(next)) {
            (Some((before, a)), Some((after, b))) => a.lerp(b, (index - before) as f32 / (after - before) as f32),
            (Some((_, nearest)), None) | (None, Some((_, nearest))) => *nearest,
            (None, None) => unreachable!("a path begins with a detection"),
        }
    }
}

/// Joins the faces of each look into paths; the largest and steadiest come first.
pub fn follow(looks: &[Look]) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    for (key, found) in looks {
        extend(&mut paths, *key, found, looks.len());
    }
    paths.retain(|path| path.coverage() >= STEADY);
    paths.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
    paths
}

fn extend(paths: &mut Vec<Path>, key: usize, found: &[Detection], examined: usize) {
    let mut pairs: Vec<(f32, usize, usize)> = Vec::new();
    for (p, path) in paths.iter().enumerate() {
        let last = path.found.last().expect("a path begins with a detection").1.bbox;
        pairs.extend(found.iter().enumerate().map(|(d, detection)| (last.iou(&detection.bbox), p, d)));
    }
    pairs.retain(|(overlap, ..)| *overlap >= SAME_FACE);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken = vec![false; found.len()];
    for (_, p, d) in pairs {
        if !taken[d] && paths[p].found.last().is_some_and(|(frame, _)| *frame != key) {
            paths[p].found.push((key, found[d]));
            taken[d] = true;
        }
    }
    let fresh = found.iter().zip(taken).filter(|(_, taken)| !taken);
    paths.extend(fresh.map(|(detection, _)| Path { found: vec![(key, *detection)], examined }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faces::bbox::BBox;
    use proptest::prelude::*;

    fn face(x: f32, side: f32) -> Detection {
        let bbox = BBox { x, y: 10.0, width: side, height: side };
        Detection { bbox, landmarks: [[x, 20.0]; 5], confidence: 0.9 }
    }

    /// Every fifth frame.
    fn looks(seen: impl IntoIterator<Item = Vec<Detection>>) -> Vec<Look> {
        seen.into_iter().enumerate().map(|(nth, faces)| (nth * 5, faces)).collect()
    }

    #[test]
    fn key_frames_reach_from_first_to_last() {
        let keys = |count| KeyFrames::of(count).first;
        assert_eq!((keys(20), KeyFrames::of(20).between), (vec![0, 10, 19], vec![5, 15]));
        assert_eq!((keys(1), keys(6), keys(11)), (vec![0], vec![0, 5], vec![0, 5, 10]));
    }

    #[test]
    fn faces_on_straight_lines_are_steady_and_others_are_not() {
        let looks =
            |middle: Vec<Detection>| vec![(0, vec![face(0.0, 40.0)]), (10, middle), (20, vec![face(80.0, 40.0)])];
        assert!(is_steady(&looks(vec![face(42.0, 40.0)])));
        assert!(!is_steady(&looks(vec![face(60.0, 40.0)])));
        assert!(!is_steady(&looks(vec![])));
        assert!(!is_steady(&looks(vec![face(42.0, 40.0), face(200.0, 40.0)])));
        assert!(is_steady(&[(0, vec![]), (10, vec![]), (19, vec![])]));
    }

    #[test]
    fn two_faces_keep_their_own_paths_and_the_larger_comes_first() {
        let seen = [vec![face(0.0, 20.0), face(100.0, 40.0)], vec![face(104.0, 40.0), face(2.0, 20.0)]];
        let paths = follow(&looks(seen));
        assert_eq!(paths.len(), 2);
        assert_eq!(paths[0].at(5).bbox.x, 104.0);
        assert_eq!(paths[1].at(5).bbox.x, 2.0);
    }

    #[test]
    fn a_missed_key_frame_is_bridged_and_a_flash_is_dropped() {
        let paths = follow(&looks([vec![face(0.0, 40.0)], vec![face(300.0, 40.0)], vec![face(10.0, 40.0)]]));
        assert_eq!(paths.len(), 1);
        assert_eq!(paths[0].at(5).bbox.x, 5.0);
        assert_eq!(paths[0].at(5).landmarks[4], [5.0, 20.0]);
        assert!((paths[0].coverage() - 2.0 / 3.0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn boxes_lie_between_those_found(xs in prop::collection::vec(0f32..8.0, 1..6), at in 0usize..30) {
            let paths = follow(&looks(xs.iter().map(|x| vec![face(*x, 40.0)])));
            prop_assert_eq!(paths.len(), 1);
            let x = paths[0].at(at).bbox.x;
            let (low, high) = xs.iter().fold((f32::MAX, f32::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
            prop_assert!(x >= low - 1e-3 && x <= high + 1e-3);
        }
    }
}
