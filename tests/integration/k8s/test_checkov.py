"""What checkov, the judge of manifests, has to say; `make checkov` gives it a place of its own."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.k8s.manifests import NEXT_PACK, OVERLAYS, ROOT, text_of

CHECKOV = ROOT / "var" / "checkov-venv" / "bin" / "checkov"
OPEN_POD = """
apiVersion: v1
kind: Pod
metadata: { name: open }
spec:
  containers: [{ name: open, image: "open:1", securityContext: { privileged: true } }]
"""

pytestmark = pytest.mark.skipif(
    not CHECKOV.exists(), reason="checkov is not here: `make checkov` installs it"
)


def failures(manifests: str, folder: Path) -> list[tuple[str, str]]:
    """Return what checkov has against *manifests*: checks and objects."""
    file = folder / "manifests.yaml"
    file.write_text(manifests)
    command = [CHECKOV, "--config-file", ROOT / "k8s" / "checkov.yaml", "--file", file, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 10, report["summary"]
    assert report["summary"]["parsing_errors"] == 0
    return [(each["check_id"], each["resource"]) for each in report["results"]["failed_checks"]]


def test_manifests_pass(tmp_path: Path):
    """Nothing but the exceptions in k8s/checkov.yaml, each with its reason, and an object's own."""
    assert [] == failures("---\n".join(text_of(overlay) for overlay in (*OVERLAYS, NEXT_PACK)), tmp_path)


def test_a_privileged_pod_does_not(tmp_path: Path):
    """Checkov looks: a privileged container would be seen."""
    assert ("CKV_K8S_16", "Pod.default.open") in failures(OPEN_POD, tmp_path)
