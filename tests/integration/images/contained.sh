#!/usr/bin/env bash
# Runs a mounted image as a Pod would: its own root, read-only; /tmp and /data to be written; the user given.
# contained.sh ROOT UID[:GID] FOLDER SHARED COMMAND…   SHARED: a folder to be seen at /models, or "-"
set -euo pipefail
root=$1 user=$2 folder=$3 shared=$4
shift 4
mkdir -p "$root/models"
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount -t tmpfs -o uid="${user%:*}" data "$root/data" 2>/dev/null || true
if [ "$shared" != - ]; then
    mount --bind "$shared" "$root/models"
fi
mount -o remount,ro,bind "$root"
exec chroot --userspec="$user" "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"
