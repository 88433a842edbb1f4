#!/bin/sh
# Installs Debian packages without asking, where that is allowed: as root or with a sudo that needs
# no password. Fails quietly elsewhere, so that the caller can print the command instead.
set -eu

command -v apt-get >/dev/null 2>&1 || exit 1
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A mirror that is out of reach may still have left usable lists behind: the install decides.
attempt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update >"$log" 2>&1 || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}

printf 'Installing with apt: %s\n' "$*"
if ! attempt "$@" </dev/null; then
    tail -n 15 "$log" >&2
    exit 1
fi
