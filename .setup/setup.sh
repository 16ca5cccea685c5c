#!/usr/bin/env bash
# Brings what is missing and says so; does nothing, quickly, when nothing is.
set -euo pipefail
here=$(dirname "$0")
"$here/toolchain.sh"
"$here/ffmpeg.sh"
"$here/faces.sh"
