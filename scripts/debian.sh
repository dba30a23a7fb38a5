#!/usr/bin/env bash
# Unpacks Debian packages, with what they need and the system lacks, into var/tools: `scripts/debian.sh prometheus`.
# Nothing outside that folder is touched, and nobody need be root. The last line printed is the folder.
# Fails where there is no apt, no archive in reach, or no such package.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${TRIPTYCH_TOOLS:=var/tools}"/apt/{lists,archives}/partial
tools=$(realpath "$TRIPTYCH_TOOLS")

# The system's own lists may be missing or old: these are ours.
apt=(-q -o Dir::State::lists="$tools/apt/lists" -o Dir::Cache="$tools/apt" -o APT::Sandbox::User= -o Debug::NoLocking=1)
exec 9>"$tools/apt/lock"
flock 9
for package in "$@"; do
    if [ -e "$tools/apt/$package.unpacked" ]; then
        continue
    fi
    if [ -z "$(find "$tools/apt/lists" -name '*Packages*' -mmin -720 -print -quit)" ]; then
        apt-get "${apt[@]}" update >&2
    fi
    # What an installation would add; the package itself also where the system has it already.
    needed=$(apt-get "${apt[@]}" install --simulate --no-install-recommends "$package" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    folder=$(mktemp -d "$tools/apt/archives/XXXXXX")
    # shellcheck disable=SC2086 # one word a package
    (cd "$folder" && apt-get "${apt[@]}" download $(printf '%s\n' "$package" $needed | sort -u) >&2)
    for archive in "$folder"/*.deb; do
        dpkg-deb --extract "$archive" "$tools"
    done
    rm -r "$folder"
    touch "$tools/apt/$package.unpacked"
done
echo "$tools"
