#!/usr/bin/env bash
# NVIDIA's Triton Inference Server, out of the Python package that ships it, and its client: `make test-runner` runs both.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
OUT=target/triton

# Its stub knows numpy 1 alone: with numpy 2 every output comes back empty.
python_venv target/triton-python "Triton's client, and what its Python backend computes with" "tests of the runner" \
    numpy==1.26.4 onnxruntime==1.32.0 "tritonclient[http,grpc]==2.73.0"
ldconfig -p | grep -q libpython3.11.so.1.0 || apt_install "Triton's Python backend" libpython3.11
[ -f "$OUT/ready" ] && exit 0
say "fetching Triton into $OUT (tests of the runner; 55 MB)"
rm -rf "$OUT"
target/triton-python/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target "$OUT" nvidia-pytriton==0.7.0 ||
    stop "pip could not install nvidia-pytriton" "check the network and pip's index"
server=$OUT/pytriton/tritonserver
chmod +x "$server/bin/tritonserver"
cp "$server/python_backend_stubs/3.11/triton_python_backend_stub" "$server/backends/python/"
touch "$OUT/ready"
