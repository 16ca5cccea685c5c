# Shared words of the set-up steps: say what is done and why, stop with what the person must do.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }

stop() {
    printf 'setup: cannot go on: %s\n' "$1" >&2
    printf 'setup: what to do: %s\n' "$2" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# apt_install WHY PACKAGE... : installs Debian packages as root, or through sudo without a prompt.
apt_install() {
    local why=$1
    shift
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo -n)
    have apt-get || stop "$why needs $*, and this is not a Debian-like system" "install the equivalent of: $*"
    say "installing Debian packages ($why): $*"
    "${sudo[@]}" apt-get update -qq 2>/dev/null || say "apt-get update failed; trying with the package lists at hand"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        stop "apt-get could not install $* (no root, or no network?)" "run as root: apt-get install $*"
}

# python_venv DIRECTORY WHAT WHY PACKAGE... : pinned packages in a virtual environment of their own, made anew when they change.
python_venv() {
    local venv=$1 what=$2 why=$3
    shift 3
    [ "$(cat "$venv/wanted" 2>/dev/null)" = "$*" ] && return 0
    python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null ||
        apt_install "a virtual environment for $what" python3-venv
    say "installing $what into $venv ($why)"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ||
        stop "pip could not install $*" "check the network and pip's index"
    echo "$*" >"$venv/wanted"
}
