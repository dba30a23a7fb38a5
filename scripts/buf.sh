#!/usr/bin/env bash
# Lints the schema (buf STANDARD) and compares it with the one of the last release (buf breaking, FILE).
# Needs npm; where there is none, or no registry in reach, it says so and passes, since the stubs are checked without it.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null; then
    echo "buf: npm is not installed; the schema's style and compatibility are not checked"
    exit 0
fi
buf=node_modules/.bin/buf
if [ ! -x "$buf" ] && ! npm install --no-save --silent --no-audit --no-fund; then
    echo "buf: npm cannot install it here; the schema's style and compatibility are not checked"
    exit 0
fi
image=$(mktemp --suffix=.binpb)
trap 'rm -f "$image"' EXIT
.venv/bin/python scripts/protos.py --image "$image"
"$buf" lint "$image" --path triptych
"$buf" breaking "$image" --path triptych --against protos/released.binpb
