//! What `model.toml` must keep to that its shape alone cannot say.

use super::{AS_FOUND, Bundle, Input, MAX_CROP_BYTES, MAX_FACES, MAX_STILL_VIEWS, Output, Scope, SelfTest, Temporal};
use crate::Reason;

/// Whether it is kept, and what is said if not.
type Rule = (bool, &'static str);

impl Bundle {
    /// That the numbers are such as a model can be run with.
    ///
    /// # Errors
    /// The first rule that is broken, in words that name its key.
    pub fn check(&self) -> Result<(), String> {
        let finite = (self.numbers().iter().all(|number| number.is_finite()), "every number must be finite");
        let crops = (
            self.crop_bytes() <= MAX_CROP_BYTES as u64,
            "input.size² · temporal.window is too large: the crops of a window must fit 192 MiB; choose a smaller size",
        );
        let rules = [finite].into_iter().chain(self.input.rules()).chain(self.temporal.rules()).chain([crops]);
        let rules = rules.chain(self.output.rules()).chain(self.scope.iter().map(Scope::rule));
        first_broken(rules.chain(self.self_test.iter().flat_map(SelfTest::rules)))
    }

    /// [`Bundle::check`], and that the parts are just those that make a model, within reach of their directory.
    ///
    /// # Errors
    /// The first rule that is broken, in words that name its key.
    pub fn check_whole(&self) -> Result<(), String> {
        let mut names: Vec<&str> = self.parts.iter().map(|part| part.name.as_str()).collect();
        names.sort_unstable();
        let mut needed = vec!["faces", "features", "head"];
        needed.extend(self.scope.as_ref().map(|_| "scope"));
        first_broken([
            (names == needed, "[[part]] must name faces, features, head and, with [scope], scope, each once"),
            (
                self.parts.iter().all(|part| is_near(&part.file)),
                "part.file must lie in the bundle's directory or one beside it",
            ),
        ])?;
        self.check()
    }

    /// Bytes of the crops of a whole window, or of a still, with all faces in it, `[crops, 3, size, size]` in f32.
    fn crop_bytes(&self) -> u64 {
        let footage = MAX_FACES as u64 * u64::from(self.temporal.window);
        let still = self.max_faces(1) as u64 * self.input.still_views.len() as u64;
        let sides = [self.input.size, self.input.size, 3, size_of::<f32>()];
        sides.iter().fold(footage.max(still), |bytes, side| bytes.saturating_mul(*side as u64))
    }

    fn numbers(&self) -> Vec<f32> {
        let (input, output, limits) = (&self.input, &self.output, &self.quality);
        let readings = [&output.calibration].into_iter().chain(&output.still);
        let mut numbers = vec![input.margin, output.threshold, limits.min_face_px, limits.min_sharpness];
        numbers.extend([limits.min_brightness, limits.max_brightness]);
        numbers.extend(limits.max_turn);
        numbers.extend(input.still_views.iter().flatten());
        numbers.extend(input.mean.into_iter().chain(input.std).chain(output.band));
        numbers.extend(output.still_band.iter().flatten());
        numbers.extend(readings.flat_map(|reading| [reading.scale, reading.offset]));
        numbers.extend(self.self_test.iter().flat_map(|test| [test.logit, test.tolerance]));
        numbers
    }
}

impl Input {
    fn rules(&self) -> [Rule; 5] {
        [
            ((16..=1024).contains(&self.size), "input.size must be 16 to 1024"),
            (self.std.iter().all(|std| *std > 0.0), "input.std must be above 0"),
            ((0.5..=4.0).contains(&self.margin), "input.margin must be 0.5 to 4"),
            (
                self.still_views.len() <= MAX_STILL_VIEWS
                    && self.still_views.get(self.still_views.len() / 2) == Some(&AS_FOUND),
                "input.still_views must be 1 to 9 views, the middle one [1, 0, 0]",
            ),
            (
                self.still_views.iter().all(|[zoom, x, y]| (0.8..=1.25).contains(zoom) && x.abs().max(y.abs()) <= 0.2),
                "input.still_views must enlarge by 0.8 to 1.25 and move by at most 0.2",
            ),
        ]
    }
}

impl Temporal {
    fn rules(&self) -> [Rule; 2] {
        [
            ((1..=256).contains(&self.window), "temporal.window must be 1 to 256"),
            (self.min_frames <= self.window, "temporal.min_frames must not exceed temporal.window"),
        ]
    }
}

impl Output {
    fn rules(&self) -> [Rule; 4] {
        let labels: Vec<&str> = self.labels.iter().map(String::as_str).collect();
        let bands = [self.band_of(false), self.band_of(true)];
        let scores = bands.iter().flatten().all(|edge| (0.0..=1.0).contains(edge));
        let around = bands.iter().all(|[low, high]| (low..=high).contains(&&self.threshold));
        [
            (
                matches!(labels[..], ["fake"] | ["fake", "real"] | ["real", "fake"]),
                "output.labels must be [fake] or fake and real",
            ),
            ((0.0..=1.0).contains(&self.threshold), "output.threshold must be 0 to 1"),
            (scores, "output.band and output.still_band must lie within 0 to 1"),
            (around, "output.threshold must lie within output.band and output.still_band"),
        ]
    }
}

impl Scope {
    /// Its reasons are such as only a look at the face can give.
    fn rule(&self) -> Rule {
        let seen = |reason: &Reason| matches!(reason, Reason::Covered | Reason::Drawn | Reason::TooCompressed);
        let once = |(nth, reason)| !self.reasons[..nth].contains(reason);
        let sound =
            !self.reasons.is_empty() && self.reasons.iter().all(seen) && self.reasons.iter().enumerate().all(once);
        (sound, "scope.reasons must be some of covered, drawn and too_compressed, each once")
    }
}

impl SelfTest {
    fn rules(&self) -> [Rule; 2] {
        [
            ((1..=256).contains(&self.frames), "self_test.frames must be 1 to 256"),
            ((0.0..=0.1).contains(&self.tolerance), "self_test.tolerance must be 0 to 0.1"),
        ]
    }
}

fn first_broken(rules: impl IntoIterator<Item = Rule>) -> Result<(), String> {
    match rules.into_iter().find(|(kept, _)| !kept) {
        Some((_, rule)) => Err(format!("model.toml: {rule}")),
        None => Ok(()),
    }
}

/// Whether the path leads to the bundle's directory or one beside it.
fn is_near(file: &str) -> bool {
    let below = file.strip_prefix("../").unwrap_or(file);
    below.split(['/', '\\']).all(|step| !step.is_empty() && step != "..")
}
