"""Asks the parts of the suite whether they are ready."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from triptych.local.part import Part
from triptych.local.waiting import is_ok
from triptych.runtime.probe import complaint

TIMEOUT_S = 1.0


def healthy(parts: Sequence[Part]) -> list[bool]:
    """Return for each of *parts* whether it is ready; they are asked side by side."""
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(is_healthy, parts))


def is_healthy(part: Part) -> bool:
    """Return whether *part* is ready to be used."""
    if part.health_url:
        return is_ok(part.health_url, TIMEOUT_S)
    return not complaint(part.address, part.health_service, TIMEOUT_S)
