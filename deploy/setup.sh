#!/bin/sh
# Brings .venv to what the locks say, and leaves .venv/bin/lienthong. Costs nothing when nothing changed.
set -eu
cd -P "$(dirname "$0")/.."

enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c "$enough" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found; name yours with: make setup PYTHON=/path/to/python3" >&2
    return 1
}

# A virtual environment writes its own path into its commands, so one that was moved or copied is of no use.
usable() {
    grep -qF "$PWD/.venv/bin/" .venv/bin/pip 2>/dev/null && .venv/bin/python -c "$enough" 2>/dev/null
}

wanted="$(cat requirements.txt requirements-dev.txt pyproject.toml deploy/setup.sh | cksum) $PWD"
if [ -x .venv/bin/lienthong ] && [ "$(cat .venv/setup-stamp 2>/dev/null)" = "$wanted" ] && usable; then
    exit 0
fi

echo "Setting up .venv from the locks …"
if ! usable; then
    python=$(find_python)
    if ! "$python" -m venv --clear .venv; then
        echo "$python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi
rm -f .venv/setup-stamp
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
echo "$wanted" >.venv/setup-stamp
