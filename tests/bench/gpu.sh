#!/usr/bin/env bash
# The runner's batch curve on a GPU, against ONNX Runtime with IO binding and PyTorch (eager and compiled) on the same one:
# target/bench-gpu.json and target/bench-gpu.png. PROVIDER=cpu tries it without a GPU; BATCHES and REPEATS make it shorter,
# PEAK_TFLOPS gives the share of the roofline.
set -euo pipefail
cd "$(dirname "$0")/../.."
PROVIDER=${PROVIDER:-cuda}
VENV=target/bench-gpu-python-$PROVIDER
runtime=onnxruntime==1.32.0
[ "$PROVIDER" = cpu ] || runtime=onnxruntime-gpu==1.31.1

if [ ! -f "$VENV/ready" ]; then
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet $runtime numpy==2.4.6 matplotlib==3.10.8 "tritonclient[http]==2.73.0"
    [ -n "${WITHOUT_TORCH:-}" ] || "$VENV/bin/pip" install --quiet torch==2.15.0 torchvision==0.29.2
    touch "$VENV/ready"
fi
[ "$PROVIDER" = cpu ] || export CUDA=1
.setup/runner.sh
[ -n "${RUNNER:-}" ] || cargo build --release --workspace --bin veritag --bin veritag-runner
exec "$VENV/bin/python" tests/bench/gpu.py "${RUNNER:-target/release/veritag-runner}" "$PROVIDER" \
    --model "${MODEL:-plugin/model/resnext50-lstm}" --batches ${BATCHES:-1 2 4 8 16 32 64} --repeats "${REPEATS:-20}" --peak-tflops "${PEAK_TFLOPS:-0}"
