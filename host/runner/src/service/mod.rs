//! What is served, over HTTP and gRPC on one port.

mod grpc;
mod http;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use veritag::model::Bundle;
use veritag::open_inference::{
    BINARY_EXTENSION, BUNDLE, CROPS, Data, FEATURES, InferRequest, InferResponse, ModelMetadata, ServerMetadata,
    Tensor, TensorMetadata,
};

use crate::batch::Queue;
use crate::cli::Serve;
use crate::engine::name_of;

/// What every request may use.
pub struct App {
    queue: Queue,
    metrics: PrometheusHandle,
    model: ModelMetadata,
    max_batch: usize,
    side: usize,
    /// It stops, and takes nothing new where others can.
    draining: AtomicBool,
}

/// Why there is no answer, as HTTP says it.
pub enum Fault {
    /// 404.
    NoModel(String),
    /// 400.
    Bad(String),
    /// 503.
    Busy(&'static str),
    /// 500.
    Failed(String),
}

impl App {
    /// The bundle as `queue` computes it; `width` features a crop.
    pub fn new(
        bundle: &Bundle,
        options: &Serve,
        engine: &str,
        width: usize,
        queue: Queue,
        metrics: PrometheusHandle,
    ) -> Self {
        let side = bundle.spec.input.size;
        let tensor = |name: &str, datatype: &str, row: &[usize]| TensorMetadata {
            name: name.into(),
            datatype: datatype.into(),
            shape: [-1].into_iter().chain(row.iter().map(|&side| side as i64)).collect(),
        };
        let properties = [
            ("engine", engine.to_owned()),
            ("device", name_of(options.provider)),
            ("bundle_sha256", bundle.id.sha256.clone()),
        ];
        let model = ModelMetadata {
            name: bundle.id.name.clone(),
            versions: vec![bundle.id.version.clone()],
            platform: "onnx".into(),
            inputs: vec![tensor(CROPS, "UINT8", &[3, side, side])],
            outputs: vec![tensor(FEATURES, "FP32", &[width]), tensor(BUNDLE, "UINT8", &[32])],
            properties: BTreeMap::from(properties.map(|(key, value)| (key.to_owned(), value))),
        };
        let max_batch = options.max_batch.get().into();
        Self { queue, metrics, model, max_batch, side, draining: AtomicBool::new(false) }
    }

    /// Every path.
    pub fn router(self: &Arc<Self>) -> Router {
        http::router(self).merge(grpc::router(self))
    }

    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed)
    }

    fn server() -> ServerMetadata {
        let extensions = vec![BINARY_EXTENSION.into()];
        ServerMetadata { name: "veritag-runner".into(), version: env!("CARGO_PKG_VERSION").into(), extensions }
    }

    /// The model of that name, in its version or in any.
    fn model(&self, name: &str, version: &str) -> Result<&ModelMetadata, Fault> {
        let ours = self.model.name == name && (version.is_empty() || self.model.versions == [version]);
        let other = || {
            let asked = format!("{name} {version}");
            Fault::NoModel(format!("no model {}; this is {} {}", asked.trim(), self.model.name, self.model.versions[0]))
        };
        ours.then_some(&self.model).ok_or_else(other)
    }

    /// Bytes of the pixels of the largest request.
    const fn max_bytes(&self) -> usize {
        self.max_batch * 3 * self.side * self.side
    }

    async fn infer(&self, mut request: InferRequest) -> Result<InferResponse, Fault> {
        let inputs = std::mem::take(&mut request.inputs);
        let answer = self.compute(inputs, &request).await;
        let outcome = match &answer {
            Ok(_) => "ok",
            Err(Fault::Bad(_) | Fault::NoModel(_)) => "refused",
            Err(Fault::Busy(_)) => "busy",
            Err(Fault::Failed(_)) => "failed",
        };
        metrics::counter!("veritag_runner_requests_total", "outcome" => outcome).increment(1);
        let outputs = answer?.into_iter().filter(|tensor| request.wants(&tensor.name).is_some()).collect();
        let (model_name, model_version) = (self.model.name.clone(), self.model.versions[0].clone());
        Ok(InferResponse { model_name, model_version, id: request.id, outputs })
    }

    async fn compute(&self, inputs: Vec<Tensor>, request: &InferRequest) -> Result<Vec<Tensor>, Fault> {
        let unknown = request.outputs.iter().find(|output| self.model.output(&output.name).is_none());
        if let Some(output) = unknown {
            return Err(Fault::Bad(format!("no output {}", output.name)));
        }
        let crops = self.crops(inputs)?;
        metrics::counter!("veritag_runner_crops_total").increment(crops.rows() as u64);
        let computed = self.queue.push(crops).map_err(|_| Fault::Busy("too many requests wait; try again later"))?;
        let stopped = |_| Fault::Failed("the engine has stopped".into());
        computed.await.map_err(stopped)?.map_err(Fault::Failed)
    }

    fn crops(&self, inputs: Vec<Tensor>) -> Result<Tensor, Fault> {
        let [crops] = <[Tensor; 1]>::try_from(inputs)
            .map_err(|inputs| Fault::Bad(format!("{} inputs, expected one: {CROPS}", inputs.len())))?;
        let (Tensor { name, shape, data }, side) = (&crops, self.side);
        if name != CROPS || shape.len() != 4 || shape[1..] != [3, side, side] || !matches!(data, Data::Uint8(_)) {
            let found = format!("input {name} {} {shape:?}", data.datatype());
            return Err(Fault::Bad(format!("{found}, expected {CROPS} UINT8 [rows, 3, {side}, {side}]")));
        }
        if !(1..=self.max_batch).contains(&crops.rows()) {
            return Err(Fault::Bad(format!("{} crops, expected 1 to {}", crops.rows(), self.max_batch)));
        }
        Ok(crops)
    }
}
