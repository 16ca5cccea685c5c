#!/usr/bin/env bash
# Hostile input for each parser of outside data: MINUTES in all, shared out evenly. What fails is kept as a seed in
# proptest-regressions/ beside the crate's src/, which every later run of the tests tries first: commit it with the mend.
set -euo pipefail
cd "$(dirname "$0")/.."
MINUTES=${MINUTES:-60}

directory() {
    case "$1" in
    */veritag_lab-*) echo host/lab ;;
    */veritag_abi-*) echo plugin/abi ;;
    */veritag_plugin-*) echo plugin ;;
    *) echo host ;;
    esac
}

targets=()
while read -r binary; do
    for test in $("$binary" --list 2>/dev/null | sed -n 's/^\(.*crash.*\): test$/\1/p'); do
        targets+=("$binary $test")
    done
done < <(cargo test --workspace --lib --no-run 2>&1 | sed -n "s|.*Executable.*(\(.*\))\$|$PWD/\1|p")
[ ${#targets[@]} -gt 0 ] || { echo "fuzz: no targets: does cargo test --workspace --lib --no-run work?" >&2; exit 1; }

failed=0
for target in "${targets[@]}"; do
    read -r binary test <<<"$target"
    began=$SECONDS cases=0 round=200 found=nothing
    ends=$((SECONDS + MINUTES * 60 / ${#targets[@]}))
    while [ $SECONDS -lt $ends ]; do
        round_began=$SECONDS
        if ! (cd "$(directory "$binary")" && PROPTEST_CASES=$round "$binary" --exact "$test" >"/tmp/fuzz.$$" 2>&1); then
            found="A FAILURE" failed=1
            cat "/tmp/fuzz.$$"
            break
        fi
        cases=$((cases + round))
        [ $((SECONDS - round_began)) -ge 5 ] || round=$((round * 2))
    done
    printf '%-60s %5d s %9d cases, found %s\n' "$test" $((SECONDS - began)) $cases "$found"
done
rm -f "/tmp/fuzz.$$"
exit $failed
