#!/usr/bin/env bash
# train.sh MANIFEST OUT [OPTION...]: crops of a labelled manifest and of re-encoded copies, then training on them; run
# again, it goes on.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

[ "$#" -ge 2 ] && [ -n "$1" ] && [ -n "$2" ] || stop "no manifest or no directory" "make train DATA=manifest.csv OUT=runs/first"
MANIFEST=$1 OUT=$2
shift 2
.setup/train-python.sh
export PYTHONPATH=plugin/training
python=target/train-python/bin/python

LOOSE=(--size 192 --margin 1.596) # lite0's 160 pixels and 1.33, with a fifth more around them
crops() { # of the manifest $1, to $2, once; assets that cannot be read are named and left out
    [ ! -d "$2" ] || return 0
    rm -rf "$2.part"
    target/debug/veritag crops "${LOOSE[@]}" "${@:3}" "$1" "$2.part" || [ -f "$2.part/crops.json" ]
    mv "$2.part" "$2"
}

[ -f "$MANIFEST" ] || stop "$MANIFEST is no file" "make train DATA=manifest.csv OUT=runs/first"
mkdir -p "$OUT"
[ -d "$OUT/crops" ] || sha256sum <"$MANIFEST" >"$OUT/manifest.sha256"
sha256sum <"$MANIFEST" | cmp -s - "$OUT/manifest.sha256" ||
    stop "$OUT was begun with another manifest than $MANIFEST" "take another OUT"
crops "$MANIFEST" "$OUT/crops" --split train
[ -f "$OUT/reencoded/manifest.csv" ] || "$python" -m veritag_training.reencode "$MANIFEST" "$OUT/reencoded" --copies 1
packs=("$OUT/crops")
if [ "$(wc -l <"$OUT/reencoded/manifest.csv")" -gt 1 ]; then
    crops "$OUT/reencoded/manifest.csv" "$OUT/copies"
    packs+=("$OUT/copies")
fi
# Large tensors from pages that are kept, and large: half as fast again on a CPU.
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=500000000
exec "$python" -m veritag_training all --margin 1.33 --data "${packs[@]}" --out "$OUT" "$@"
