#!/bin/sh
# Sees to it that the browser tests find a Chromium: the machine's own, Debian's package, or Playwright's copy.
set -eu
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if .venv/bin/python - <<'PYTHON'
import os, sys
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not os.path.exists(playwright.chromium.executable_path))
PYTHON
then
    exit 0
fi

echo "No Chromium found; installing one for the browser tests …"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
fi
if .venv/bin/playwright install chromium; then
    exit 0
fi
echo "The browser tests need Chromium: install your system's package 'chromium' and call 'make test' again." >&2
exit 1
