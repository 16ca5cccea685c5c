//! What a checkpoint does not say of itself.

use veritag_abi::bundle::{
    Bundle, Calibration, Channels, Input, Model, Output, Part, QualityLimits, Temporal, TemporalMode, as_found,
};

use super::error::{ImportError, Result};

/// How the LSTM's outputs over time become one vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pool {
    /// The output at the last frame.
    #[default]
    Last,
    /// The mean of the outputs at all frames.
    Mean,
}

/// Everything in `model.toml` that the weights do not tell.
#[derive(Clone, Debug)]
pub struct Options {
    pub name: String,
    pub version: String,
    pub licence: String,
    pub training_data: String,
    pub limits: String,
    /// False for random weights.
    pub trained: bool,
    pub input: Input,
    pub temporal: Temporal,
    pub pool: Pool,
    pub output: Output,
    pub quality: QualityLimits,
    /// The part that finds faces: checkpoints of this family have none.
    pub faces: Part,
}

impl Options {
    /// The family's usual settings: 112 pixels, RGB, ImageNet's mean and deviation, windows of 20
    /// frames read as a sequence, labels `fake` and `real`, no calibration.
    pub fn new(name: impl Into<String>, faces: Part) -> Self {
        Self {
            name: name.into(),
            version: "1.0.0".to_owned(),
            licence: "unknown".to_owned(),
            training_data: "unknown".to_owned(),
            limits:
                "Imported from a checkpoint; its errors on your media are not known. Measure before you rely on it."
                    .to_owned(),
            trained: true,
            input: input(),
            temporal: Temporal { mode: TemporalMode::Sequence, window: 20, min_frames: 8 },
            pool: Pool::Last,
            output: output(),
            quality: QualityLimits::default(),
            faces,
        }
    }

    /// The bundle that these make of a network described by `architecture`, with no part but the faces.
    ///
    /// # Errors
    /// `Option`, naming the first that cannot be.
    pub(super) fn bundle(&self, architecture: String) -> Result<Bundle> {
        let Self { name, version, licence, training_data, limits, trained, .. } = self.clone();
        let bundle = Bundle {
            scope: None,
            model: Model {
                name,
                version,
                architecture,
                trained,
                licence,
                training_data,
                limits,
                blind_to: vec![],
                missing: None,
            },
            input: self.input.clone(),
            temporal: self.temporal.clone(),
            output: self.output.clone(),
            quality: self.quality.clone(),
            parts: vec![self.faces.clone()],
            self_test: None,
            metrics: Vec::new(),
        };
        bundle.check().map_err(ImportError::Option)?;
        Ok(bundle)
    }
}

fn input() -> Input {
    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    Input { size: 112, channels: Channels::Rgb, mean, std, margin: 1.3, still_views: as_found(), mirror: false }
}

fn output() -> Output {
    let calibration = Calibration { scale: 1.0, offset: 0.0, fitted_on: "not fitted".to_owned() };
    let labels = vec!["fake".to_owned(), "real".to_owned()];
    Output { labels, calibration, still: None, threshold: 0.5, band: [0.4, 0.6], still_band: None }
}
