"""Switches a running suite to another pack: Triton starts anew, everything else stays."""

from collections.abc import Iterator
from pathlib import Path

from triptych.local import serving, suite
from triptych.local.parts import parts_of
from triptych.local.settings import SuiteSettings
from triptych.local.supervisord import Supervisor
from triptych.packs.pack import PackError


def switch(settings: SuiteSettings, folder: Path, wait_s: float) -> Iterator[list[suite.PartStatus]]:
    """Serve the pack in *folder*; return how the parts fare, again and again, until all are ready with it.

    Raises:
        PackError: the pack is not sound; nothing was changed.
        SuiteError: not all parts are ready with it after *wait_s*; the former pack serves again.
    """
    former = serving.served_pack(settings)
    serving.serve(settings, folder)
    _restart_triton(settings)
    try:
        yield from suite.watch(settings, wait_s)
    except suite.SuiteError as error:
        if former is None or former == folder.resolve():
            raise
        try:
            serving.serve(settings, former)
        except PackError as broken:
            raise suite.SuiteError(f"{error}; and the former pack cannot be served: {broken}") from error
        _restart_triton(settings)
        raise suite.SuiteError(f"{error}; the former pack in {former} is served again") from error


def is_running(settings: SuiteSettings) -> bool:
    """Return whether the suite runs."""
    return Supervisor(settings.folder).is_running()


def _restart_triton(settings: SuiteSettings) -> None:
    triton = next(part for part in parts_of(settings) if part.name == "triton")
    Supervisor(settings.folder).restart(triton)
