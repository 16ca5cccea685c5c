#!/usr/bin/env bash
# PyTorch and what else training needs, in a virtual environment of its own.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

mapfile -t WANTED < <(grep -v '^#' plugin/training/requirements.txt)
python_venv target/train-python "PyTorch and what else training needs" "about 3 GB" "${WANTED[@]}"
