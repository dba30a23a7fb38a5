"""A suite of one's own for a benchmark: on free ports, in a folder of its own, serving one pack."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triptych.local import suite
from triptych.local.ports import free_ports
from triptych.local.settings import SuiteSettings

WAIT_S = 300.0
# Queries come again in a benchmark: each is to be encoded each time.
WITHOUT_MEMORY = {"TRIPTYCH_ENCODER_REMEMBERED_BYTES_MAX": "0"}


@contextmanager
def own_suite(pack: Path, folder: Path, wait_s: float = WAIT_S) -> Iterator[str]:
    """Serve *pack* while the block runs; yields the address of the gateway.

    Raises:
        SuiteError: it did not start, or not in time.
    """
    os.environ.update(WITHOUT_MEMORY)
    with running(own_settings(pack, folder), wait_s) as address:
        yield address


def own_settings(pack: Path, folder: Path) -> SuiteSettings:
    """Return the settings of a suite on free ports that serves *pack*, in *folder*."""
    names = [name for name in SuiteSettings.model_fields if name.endswith("_port")]
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    return SuiteSettings.model_validate({"state": folder, "model_repository": pack, **ports})


@contextmanager
def running(settings: SuiteSettings, wait_s: float = WAIT_S) -> Iterator[str]:
    """Run the suite of *settings* while the block runs; yields the address of the gateway.

    Raises:
        SuiteError: it did not start, or not in time.
    """
    try:
        suite.up(settings)
        for _ in suite.watch(settings, wait_s):
            pass
        yield suite.status(settings)[-1].address
    finally:
        suite.down(settings)
