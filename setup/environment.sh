#!/bin/sh
# Makes .venv as the lock file says, or does nothing when it is so already.
#
# One environment serves the demo, the tests and the checks: requirements-dev.lock holds everything
# requirements.lock does, at the same versions, and the build backend for the editable install.
# PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

# pyenv and others put names on the PATH that do not run: only an answer counts.
is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
makes_environments() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_recent "$PYTHON" || stop "PYTHON=$PYTHON is not a Python 3.11 or newer."
        python=$PYTHON
        return
    fi
    python=
    for name in python3.13 python3.12 python3.11 python3; do
        is_recent "$name" || continue
        if makes_environments "$name"; then
            python=$name
            return
        fi
        python=${python:-$name}
    done
    [ -n "$python" ] || stop "Jalon needs Python 3.11 or newer. To get it:
  Debian, Ubuntu:  sudo apt install python3 python3-venv
  macOS:           brew install python
Or say where it is:  make PYTHON=/path/to/python3"
}

# Debian ships Python without the part that makes environments.
need_venv() {
    makes_environments "$python" && return
    package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    sh setup/apt.sh "$package" ||
        stop "This Python cannot make environments yet. Run:  sudo apt install $package"
    makes_environments "$python" || stop "$python still cannot make environments (no ensurepip)."
}

# An environment does not survive being moved or losing its interpreter: its scripts name both.
is_usable() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null &&
        [ "$(cat .venv/place 2>/dev/null || pwd)" = "$(pwd)" ]
}

fingerprint() { cksum <"$1"; }
is_as() { [ "$(cat ".venv/$1" 2>/dev/null)" = "$2" ]; }

install() { .venv/bin/python -m pip install -qq --disable-pip-version-check "$@"; }

libraries=$(fingerprint requirements-dev.lock)
itself=$(fingerprint pyproject.toml)

if ! is_usable; then
    find_python
    need_venv
    say "Making the environment .venv with $("$python" --version)."
    rm -rf .venv
    "$python" -m venv .venv
fi
pwd >.venv/place

if ! is_as libraries "$libraries"; then
    say "Installing the libraries of requirements-dev.lock (a few minutes the first time)."
    install --require-hashes -r requirements-dev.lock ||
        stop "The libraries could not be installed: see above. Then run make again."
    printf '%s\n' "$libraries" >.venv/libraries
    rm -f .venv/itself
fi

# After the libraries, and without asking for any: what is installed is what is locked.
if ! is_as itself "$itself" || [ ! -x .venv/bin/jalon ]; then
    install --no-deps --no-build-isolation --editable . ||
        stop "Jalon itself could not be installed: see above."
    printf '%s\n' "$itself" >.venv/itself
fi
