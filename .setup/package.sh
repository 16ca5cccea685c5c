#!/usr/bin/env bash
# package.sh PROGRAM DIRECTORY: the program, its manual pages and completions, a systemd unit, the laboratory and the runner beside it, the modules, manifests with every sha256, the models, the licences.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$1
dist=$2
module=target/wasm32-unknown-unknown/plugin/veritag_plugin.wasm
credentials=target/credentials/wasm32-unknown-unknown/plugin/veritag_credentials.wasm

sha() { sha256sum "$1" | cut -d' ' -f1; }

rm -rf "$dist"
mkdir -p "$dist/model"
cp "$program" "$dist/veritag"
cp "$(dirname "$program")/veritag-lab" "$(dirname "$program")/veritag-runner" "$dist/"
cp "$module" "$dist/veritag_plugin.wasm"
cp LICENSE-APACHE LICENSE-MIT README.md host/veritag.example.toml host/deploy/veritag.service "$dist/"
mkdir "$dist/man" "$dist/completions"
"$dist/veritag" man "$dist/man"
for shell in bash zsh fish; do "$dist/veritag" completions $shell >"$dist/completions/veritag.$shell"; done
for bundle in plugin/model/centerface/ $(dirname plugin/model/*/model.toml | sed 's#$#/#'); do
    name=$(basename "$bundle")
    mkdir "$dist/model/$name"
    find "$bundle" -maxdepth 1 -type f \( -name '*.onnx' -o -name '*.toml' -o -name '*.md' \) -exec cp {} "$dist/model/$name/" \;
done
{
    sed -e 's#^path = .*#path = "veritag_plugin.wasm"\nhash = "'"$(sha "$dist/veritag_plugin.wasm")"'"#' \
        -e 's#^models = .*#models = "model"#' manifest.toml
    for card in "$dist"/model/*/model.toml; do
        name=$(basename "$(dirname "$card")")
        printf '"sha256.%s" = "%s"\n' "$name" "$(sha "$card")"
    done
} >"$dist/manifest.toml"
# Without it nobody looks for Content Credentials.
if [ -f "$credentials" ]; then
    cp "$credentials" "$dist/veritag_credentials.wasm"
    sed 's#^path = .*#path = "veritag_credentials.wasm"\nhash = "'"$(sha "$dist/veritag_credentials.wasm")"'"#' plugin/credentials/manifest.toml >"$dist/credentials.toml"
fi
licences() { cargo tree --offline --prefix none --format '{p} {l}' -e normal "$@"; }
{
    licences -p veritag -p veritag-lab -p veritag-runner -p veritag-plugin
    [ ! -f "$credentials" ] || licences --manifest-path plugin/credentials/Cargo.toml
} | sed 's# (/[^)]*)##; s# (\*)$##; s# (proc-macro)##' | grep . | sort -u >"$dist/THIRD-PARTY.txt"
printf '%s: %s\n' "$dist" "$(du -sh "$dist" | cut -f1)"
