#!/usr/bin/env bash
# Rust 1.96 or newer with the target wasm32-unknown-unknown, so that plain `cargo` works from then on.
# First choice: rustup, as rust-toolchain.toml says. Where rustup is absent or cannot fetch, on Debian:
# the rustc-web packages, plus a wasm standard library built once from their own sources.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

TARGET=wasm32-unknown-unknown
MINIMUM=1.96
LINKED=veritag-debian
DEBIAN_SYSROOT=/usr

at_least_minimum() {
    [ "$(printf '%s\n%s\n' "$MINIMUM" "$1" | sort -V | head -n 1)" = "$MINIMUM" ]
}

# The wasm standard library that this script built is of the compiler that it was built with, or of no use.
std_is_current() {
    local built=$DEBIAN_SYSROOT/lib/rustlib/$TARGET/veritag-std
    [ "$(rustc --print sysroot 2>/dev/null)" != "$DEBIAN_SYSROOT" ] || [ "$(cat "$built" 2>/dev/null)" = "$(rustc -vV)" ]
}

ready() {
    local version libdir
    version=$(rustc --version 2>/dev/null | awk '{print $2}') && [ -n "$version" ] || return 1
    libdir=$(rustc --print target-libdir --target "$TARGET" 2>/dev/null) || return 1
    at_least_minimum "$version" && compgen -G "$libdir/libstd-*.rlib" >/dev/null && std_is_current
}

fetch_with_rustup() {
    have rustup || return 1
    say "asking rustup for the toolchain of rust-toolchain.toml (the plugin is built for $TARGET)"
    timeout 600 rustup toolchain install >/dev/null 2>&1 && ready
}

install_debian_packages() {
    apt-cache show rustc-web lld-19 >/dev/null 2>&1 || [ "$(id -u)" = 0 ] && apt-get update -qq 2>/dev/null
    apt-cache show rustc-web >/dev/null 2>&1 || stop "no Rust $MINIMUM with $TARGET, and this system has no package rustc-web" \
        "install rustup (https://rustup.rs) and run this again"
    apt_install "Rust $MINIMUM and the wasm linker" \
        gcc libc6-dev rustc-web cargo-web rust-web-src rustfmt-web rust-web-clippy lld-19
}

must_write() {
    [ -w "$DEBIAN_SYSROOT/lib/rustlib" ] || stop "$DEBIAN_SYSROOT/lib/rustlib is not writable" "run once: sudo .setup/toolchain.sh"
}

# Debian ships no rust-lld; rustc looks for it among the host's own tools.
link_wasm_linker() {
    local tools
    tools=$DEBIAN_SYSROOT/lib/rustlib/$("$DEBIAN_SYSROOT/bin/rustc" -vV | awk '/^host:/ {print $2}')/bin
    [ -e "$tools/rust-lld" ] && return
    must_write
    mkdir -p "$tools" && ln -sf /usr/bin/lld-19 "$tools/rust-lld"
}

# Debian ships no wasm standard library; rust-web-src holds its source with vendored dependencies.
build_wasm_std() {
    local libdir=$DEBIAN_SYSROOT/lib/rustlib/$TARGET/lib work
    local compiler stamp=$DEBIAN_SYSROOT/lib/rustlib/$TARGET/veritag-std
    compiler=$("$DEBIAN_SYSROOT/bin/rustc" -vV)
    [ "$(cat "$stamp" 2>/dev/null)" = "$compiler" ] && return
    must_write
    say "building the standard library for $TARGET from Debian's sources (once, about two minutes)"
    work=$(mktemp -d)
    mkdir "$work/src"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' >"$work/Cargo.toml"
    printf '#![no_std]\n' >"$work/src/lib.rs"
    (cd "$work" && env -u RUSTUP_TOOLCHAIN RUSTC_BOOTSTRAP=1 RUSTC="$DEBIAN_SYSROOT/bin/rustc" \
        RUSTFLAGS='-C embed-bitcode=yes' "$DEBIAN_SYSROOT/bin/cargo" build --quiet --release \
        -Zbuild-std=std,panic_abort --target "$TARGET") ||
        stop "the standard library for $TARGET did not build" "see the messages above; rust-web-src and rustc-web must be of one version"
    rm -rf "$libdir"
    mkdir -p "$libdir"
    find "$work/target/$TARGET/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} "$libdir/" \;
    rm -rf "$work"
    echo "$compiler" >"$stamp"
}

# Where rustup is installed it stands before /usr/bin on PATH: let it know Debian's toolchain, for this directory.
select_in_rustup() {
    have rustup || return 0
    rustup toolchain link "$LINKED" "$DEBIAN_SYSROOT" 2>/dev/null
    rustup override set "$LINKED" >/dev/null 2>&1
}

use_debian() {
    have apt-get || stop "no Rust $MINIMUM with $TARGET" \
        "install rustup (https://rustup.rs), or Rust $MINIMUM or newer with the target $TARGET"
    [ -x "$DEBIAN_SYSROOT/bin/rustc" ] && [ -d "$DEBIAN_SYSROOT/lib/rustlib/src" ] && have lld-19 || install_debian_packages
    link_wasm_linker
    build_wasm_std
    select_in_rustup
}

have cc || apt_install "a C compiler and linker" gcc libc6-dev
ready && exit 0
fetch_with_rustup || use_debian
ready || stop "rustc is still older than $MINIMUM or without $TARGET" "check: rustc --version; rustc --print target-libdir --target $TARGET"
say "toolchain: $(rustc --version)"
