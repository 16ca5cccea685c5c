#!/usr/bin/env bash
# ffmpeg and ffprobe on PATH: every upload is decoded by them.
source "$(dirname "$0")/lib.sh"

ready() {
    have ffmpeg && have ffprobe
}

ready && exit 0
apt_install "decoding media" ffmpeg
ready || stop "ffmpeg or ffprobe is still not on PATH" "check: command -v ffmpeg ffprobe"
say "ffmpeg: $(ffmpeg -version | head -n 1)"
