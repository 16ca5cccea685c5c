#!/usr/bin/env bash
# exiftool: tests read our XMP sidecars with it, and ours read its.
source "$(dirname "$0")/lib.sh"

have exiftool || apt_install "tests of XMP sidecars" libimage-exiftool-perl
