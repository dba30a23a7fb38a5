"""What is installed, against the lock."""

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from triptych.local.triton import IMPORT_ROOT

LINE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def differing(lock: Path = IMPORT_ROOT / "requirements.lock") -> dict[str, str]:
    """Return the packages of *lock* that are of another version here, or not here; none where there is no lock."""
    if not lock.exists():
        return {}
    found = {name: (wanted, installed(name)) for name, wanted in LINE.findall(lock.read_text())}
    return {
        name: f"{there} instead of {wanted}" if there else f"{wanted} is missing"
        for name, (wanted, there) in found.items()
        # "2.5.1+cpu" is a build of 2.5.1.
        if there.partition("+")[0] != wanted.partition("+")[0]
    }


def installed(name: str) -> str:
    """Return the version of the package *name*; empty where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
