"""What a check finds."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad it is; the worst one is the exit code of `triptych doctor`."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """Something to mend.

    Args:
        severity: how bad it is.
        about: the part, file or variable.
        what: is the case.
        why: it matters.
        mend: what to do.
    """

    severity: Severity
    about: str
    what: str
    why: str
    mend: str


def error(about: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding that keeps the suite from working as it should."""
    return Finding(Severity.ERROR, about, what, why, mend)


def warning(about: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding that will do harm some day."""
    return Finding(Severity.WARNING, about, what, why, mend)


def note(about: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding that somebody should have decided so."""
    return Finding(Severity.NOTE, about, what, why, mend)
