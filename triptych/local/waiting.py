"""Waiting until a server that was started answers."""

import functools
import subprocess
import time
from collections.abc import Callable

import httpx


class DidNotStart(RuntimeError):
    """A server ended, or said nothing for too long."""


def is_ok(url: str, timeout_s: float = 1.0) -> bool:
    """Return whether *url* answers with a success."""
    try:
        return _client().get(url, timeout=timeout_s).is_success
    except httpx.HTTPError:
        return False


@functools.cache
def _client() -> httpx.Client:
    """Return one client for all: each makes a TLS context of its own, which costs more than the question."""
    # Not through a proxy: these are servers of this machine.
    return httpx.Client(trust_env=False)


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], patience_s: float) -> None:
    """Return as soon as *ready* holds.

    Raises:
        DidNotStart: *process* ended before, or the patience.
    """
    end = time.monotonic() + patience_s
    while not ready():
        if process.poll() is not None:
            raise DidNotStart(f"ended with status {process.returncode} before it was ready")
        if time.monotonic() > end:
            raise DidNotStart(f"not ready after {patience_s:.0f} s")
        time.sleep(0.1)
