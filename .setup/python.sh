#!/usr/bin/env bash
# The Extism Python SDK, in a virtual environment of its own: a test runs the plugin under it.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

python_venv target/python "the Extism Python SDK" "a test runs the plugin under it" extism==1.1.1 extism-sys==1.41.0
