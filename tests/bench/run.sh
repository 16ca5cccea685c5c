#!/usr/bin/env bash
# Veritag against what one would otherwise run, on this machine, in one run. Needs some minutes and 3 GB of disk:
# the peers (PyTorch, OpenCV, ONNX Runtime) go into a virtual environment under target/.
set -euo pipefail
cd "$(dirname "$0")/../.."
VENV=target/bench-python
CLIP=fixtures/media/real.mp4
REPEATS=5

if [ ! -f "$VENV/ready" ]; then
    python3 -m venv "$VENV"
    "$VENV/bin/pip" install --quiet torch==2.15.0 torchvision==0.29.2 opencv-python-headless==5.0.0.93 \
        onnxruntime==1.32.0 numpy==2.4.6 efficientnet-lite-pytorch==0.1.0
    touch "$VENV/ready"
fi

# All at once, so that crates shared by the program and the benches are built once.
cargo build --release --workspace --bins --benches --examples
program=target/release/veritag
bundle=target/bench-bundle
if [ ! -f "$bundle/model.toml" ]; then
    target/release/examples/full-size target/full-size.safetensors
    "$program" import target/full-size.safetensors --name bench --out "$bundle" >&2
fi

# The same module but for its convolutions.
tract_kernels=target/tract-kernels/wasm32-unknown-unknown/plugin/veritag_plugin.wasm
cargo rustc --profile plugin -p veritag-plugin --features tract-kernels --target wasm32-unknown-unknown \
    --target-dir target/tract-kernels --crate-type cdylib -- -C strip=symbols

echo "1 and 3. ResNeXt50 features of 20 crops of 112×112, one core; parts of a cold start" >&2
VERITAG_BENCH_BUNDLE=$PWD/$bundle VERITAG_BENCH_TRACT_KERNELS=$PWD/$tract_kernels cargo bench --quiet --workspace --bench infer | grep '^{' >target/bench-infer.json
"$VENV/bin/python" tests/bench/peer_infer.py "$bundle/features.onnx" --repeats $REPEATS >target/bench-ort.json

echo "Runners: features of 20 crops, at 1 and 2 threads" >&2
.setup/runner.sh
for model in plugin/model/lite0-frame plugin/model/resnext50-lstm; do
    for threads in 1 2; do
        VERITAG_BENCH_BUNDLE=$PWD/$model VERITAG_BENCH_THREADS=$threads VERITAG_BENCH_REPEATS=$REPEATS \
            cargo bench --quiet --workspace --bench runner | grep '^{' >target/bench-runner.json
        "$VENV/bin/python" tests/bench/peer_infer.py $model/features.onnx --repeats $REPEATS --threads $threads --no-spinning >target/bench-runner-ort.json
        "$VENV/bin/python" tests/bench/runner_row.py target/bench-runner.json target/bench-runner-ort.json
    done
done

echo "2. Whole scans of $CLIP and of two stills, start-up included, compile cache warm" >&2
for size in 1920x1080 4000x3000; do # the portrait, pasted into a grey frame with some grain
    ffmpeg -v error -y -i fixtures/media/portrait.png -f lavfi -i "color=0x6e6e6e:s=$size,noise=alls=12:all_seed=1" \
        -filter_complex "[1][0]overlay=(W-w)/2:(H-h)/2" -frames:v 1 -q:v 2 "target/bench-$size.jpg"
done
"$VENV/bin/python" tests/bench/compare.py "$program" "$bundle" "$CLIP" $REPEATS target/bench-4000x3000.jpg target/bench-1920x1080.jpg

echo "4. The service, a steady queue on all cores" >&2
"$VENV/bin/python" tests/bench/service.py "$program"
