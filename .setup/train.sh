#!/usr/bin/env bash
# train.sh MANIFEST OUT [OPTION...]: crops of a labelled manifest, then training on them; run again, it goes on.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

[ "$#" -ge 2 ] && [ -n "$1" ] && [ -n "$2" ] || stop "no manifest or no directory" "make train DATA=manifest.csv OUT=runs/first"
MANIFEST=$1 OUT=$2
shift 2
VENV=target/train-python
WANTED=plugin/model/train/requirements.txt

if ! cmp -s "$WANTED" "$VENV/wanted"; then
    say "installing PyTorch and what else training needs into $VENV (about 3 GB)"
    python3 -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r "$WANTED" ||
        stop "pip could not install $WANTED" "check the network and pip's index"
    cp "$WANTED" "$VENV/wanted"
fi
if [ ! -d "$OUT/crops" ]; then
    rm -rf "$OUT/crops.part"
    # Assets that cannot be read are named and left out.
    target/debug/veritag crops "$MANIFEST" "$OUT/crops.part" || [ -f "$OUT/crops.part/crops.json" ]
    sha256sum <"$MANIFEST" >"$OUT/crops.part/manifest.sha256"
    mv "$OUT/crops.part" "$OUT/crops"
fi
sha256sum <"$MANIFEST" | cmp -s - "$OUT/crops/manifest.sha256" ||
    stop "$OUT/crops was made of another manifest than $MANIFEST" "take another OUT"
PYTHONPATH=plugin/model exec "$VENV/bin/python" -m train all --data "$OUT/crops" --out "$OUT" "$@"
