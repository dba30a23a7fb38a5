#!/usr/bin/env bash
# Builds images without a container engine or a registry: `scripts/images.sh fusion gateway`.
# The base is made by debootstrap (once, 50 s), the images by buildah in a chroot; both are Debian's, and need root.
# Everything lies in var/images; images are called localhost/triptych-NAME.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$PWD/var/images
export BUILDAH_ISOLATION=chroot
buildah=(buildah --root "$folder/storage" --runroot "$folder/run")
mkdir -p "$folder/uv"
exec 9>"$folder/lock"
flock 9

if ! "${buildah[@]}" inspect --type image localhost/triptych-base >/dev/null 2>&1; then
    rm -rf "$folder/base"
    debootstrap --variant=minbase --include=python3,python3-venv,libpython3.11,ca-certificates \
        bookworm "$folder/base" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$folder/debootstrap.log"
    rm -rf "$folder/base/var/cache/apt/archives" "$folder/base/var/lib/apt/lists"
    container=$("${buildah[@]}" from scratch)
    "${buildah[@]}" add --quiet "$container" "$folder/base" / >/dev/null
    "${buildah[@]}" commit --quiet --rm "$container" localhost/triptych-base >/dev/null
    rm -rf "$folder/base"
fi

# What this machine knows of packages, certificates and mirrors holds in the build, too.
options=(--volume "$folder/uv:/root/.cache/uv" --volume /etc/ssl/certs:/etc/ssl/certs:ro)
for wheels in ${UV_FIND_LINKS:-}; do
    if [ -d "$wheels" ]; then
        options+=(--volume "$wheels:$wheels:ro")
    fi
done
for target in "$@"; do
    "${buildah[@]}" bud --quiet --format docker --layers=false --target "$target" "${options[@]}" \
        --build-arg BASE=localhost/triptych-base ${UV_FIND_LINKS:+--build-arg UV_FIND_LINKS="$UV_FIND_LINKS"} \
        ${PIP_INDEX_URL:+--build-arg PIP_INDEX_URL="$PIP_INDEX_URL" --build-arg UV_DEFAULT_INDEX="$PIP_INDEX_URL"} \
        --tag "localhost/triptych-$target" . >&2
    echo "localhost/triptych-$target"
done
