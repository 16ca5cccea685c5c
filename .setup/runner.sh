#!/usr/bin/env bash
# ONNX Runtime's library for veritag-runner, out of its Python package: target/onnxruntime/libonnxruntime.so. With WEBGPU=1 its
# provider for GPUs of any vendor, with CUDA=1 those for NVIDIA's, which want CUDA 13 and cuDNN 9 on the system.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."
VERSION=1.32.0
GPU_VERSION=1.31.1
WEBGPU_VERSION=0.4.0
OUT=target/onnxruntime

# libraries PACKAGE FILES... : the files of a wheel that match, without their directories.
libraries() {
    local package=$1 download
    shift
    download=$(mktemp -d)
    say "fetching $package (the runner computes with it)"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$download" "$package" ||
        stop "pip could not fetch $package" "check the network and pip's index"
    python3 - "$download" "$OUT" "$@" <<'PYTHON'
import fnmatch, pathlib, sys, zipfile
download, out, *patterns = sys.argv[1:]
[wheel] = pathlib.Path(download).glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        file = pathlib.PurePosixPath(name).name
        if any(fnmatch.fnmatch(file, pattern) for pattern in patterns):
            pathlib.Path(out, file).write_bytes(archive.read(name))
PYTHON
    rm -r "$download"
}

wanted="$VERSION ${CUDA:+cuda $GPU_VERSION} ${WEBGPU:+webgpu $WEBGPU_VERSION}"
[ "$(cat "$OUT/wanted" 2>/dev/null)" = "$wanted" ] && exit 0
rm -rf "$OUT"
mkdir -p "$OUT"
have python3 || apt_install "fetching ONNX Runtime" python3 python3-pip
python3 -m pip --version >/dev/null 2>&1 || apt_install "fetching ONNX Runtime" python3-pip
if [ -n "${CUDA:-}" ]; then
    libraries "onnxruntime-gpu==$GPU_VERSION" 'libonnxruntime*.so*' ThirdPartyNotices.txt LICENSE
else
    libraries "onnxruntime==$VERSION" 'libonnxruntime*.so*' ThirdPartyNotices.txt LICENSE
fi
[ -z "${WEBGPU:-}" ] || libraries "onnxruntime-ep-webgpu==$WEBGPU_VERSION" 'libonnxruntime_providers_webgpu*.so'
ln -sf "$(cd "$OUT" && ls libonnxruntime.so.* | head -n 1)" "$OUT/libonnxruntime.so"
echo "$wanted" >"$OUT/wanted"
