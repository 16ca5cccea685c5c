#!/usr/bin/env bash
# A browser that a program can drive, for the tests of the review pages.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

have chromium || apt_install "tests of the review pages in a browser" chromium
python_venv target/browser-python "Playwright, axe and Schemathesis" "tests of the review pages and the API run them" playwright==1.61.0 axe-playwright-python==0.1.8 schemathesis==4.32.0
