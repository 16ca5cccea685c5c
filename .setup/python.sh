#!/usr/bin/env bash
# The Extism Python SDK, in a virtual environment of its own: a test runs the plugin under it.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

VENV=target/python
WANTED="extism==1.1.1 extism-sys==1.41.0"

[ "$(cat "$VENV/wanted" 2>/dev/null)" = "$WANTED" ] && exit 0
python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null ||
    apt_install "a virtual environment for the Extism Python SDK" python3-venv
say "installing the Extism Python SDK into $VENV (a test runs the plugin under it)"
python3 -m venv "$VENV"
# shellcheck disable=SC2086
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check $WANTED ||
    stop "pip could not install $WANTED" "check the network and pip's index"
echo "$WANTED" >"$VENV/wanted"
