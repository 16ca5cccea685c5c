//! What computes features.

mod onnx_runtime;
pub mod tract;

pub use onnx_runtime::OnnxRuntime;

use clap::ValueEnum;
use veritag::model::Bundle;
use veritag::open_inference::{CROPS, Data, Tensor};

use crate::cli::{Provider, Serve};
use crate::error::Error;
use crate::graph::served;

/// A network that is ready to run.
pub trait Engine: Send {
    /// The outputs `features` and `bundle` for `crops`, UINT8 `[rows, 3, side, side]`.
    ///
    /// # Errors
    /// What the engine says.
    fn infer(&mut self, crops: &Tensor) -> Result<Vec<Tensor>, String>;
}

/// Copies of a bundle's network, and what they run on.
pub struct Engines {
    pub copies: Vec<Box<dyn Engine>>,
    /// Name and version.
    pub name: String,
}

impl Engines {
    pub fn of(copies: Vec<Box<dyn Engine>>, name: impl Into<String>) -> Self {
        Self { copies, name: name.into() }
    }

    /// As many as `options` wants, of `bundle`.
    ///
    /// # Errors
    /// [`Error`] when a library is missing, or the provider cannot compute the network.
    pub fn start(bundle: &Bundle, options: &Serve) -> Result<Self, Error> {
        let wanted = options.provider != Provider::Tract;
        let runtime = wanted.then(|| OnnxRuntime::open(&options.libraries)).transpose()?;
        Self::on(runtime.as_ref(), bundle, options)
    }

    /// The same on a `runtime` that is there already: a process has one. Without it, tract computes.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn on(runtime: Option<&OnnxRuntime>, bundle: &Bundle, options: &Serve) -> Result<Self, Error> {
        let onnx = served(bundle)?;
        let failed = |why| Error::Engine { provider: name_of(options.provider), why };
        let load = || match runtime {
            Some(runtime) => runtime.load(&onnx, options).map_err(failed),
            None => tract::load(&onnx, bundle.spec.input.size),
        };
        let copies = (0..options.instances.get()).map(|_| load()).collect::<Result<_, _>>()?;
        Ok(Self::of(copies, runtime.map_or("tract 0.23", OnnxRuntime::name)))
    }

    /// Computes a black crop on each, which warms them up, and gives the number of its features.
    ///
    /// # Errors
    /// [`Error::Engine`] when one fails, or gives what the bundle's network does not.
    pub fn try_out(&mut self, bundle: &Bundle, provider: Provider) -> Result<usize, Error> {
        let side = bundle.spec.input.size;
        let black = Data::Uint8(vec![0; 3 * side * side]);
        let crop = Tensor::new(CROPS, vec![1, 3, side, side], black).expect("a crop fills its shape");
        let failed = |why| Error::Engine { provider: name_of(provider), why };
        let mut width = 0;
        for engine in &mut self.copies {
            let outputs = engine.infer(&crop).map_err(failed)?;
            width = match &outputs[..] {
                [Tensor { shape, data: Data::Fp32(values), .. }, Tensor { data: Data::Uint8(hash), .. }]
                    if shape.len() == 2
                        && values.iter().all(|value| value.is_finite())
                        && hex::encode(hash) == bundle.id.sha256 =>
                {
                    shape[1]
                }
                _ => return Err(failed("its answer to a black crop makes no sense".into())),
            };
        }
        Ok(width)
    }
}

/// As the command line has it.
pub fn name_of(provider: Provider) -> String {
    provider.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
