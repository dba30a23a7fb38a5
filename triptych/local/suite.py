"""The local suite as a whole: up, down, and how it fares."""

import contextlib
import fcntl
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault

import psutil

from triptych.local import serving
from triptych.local.health import healthy
from triptych.local.keys import token_key
from triptych.local.next_pack import serve_next
from triptych.local.orphans import end_orphans, listener
from triptych.local.part import Part
from triptych.local.parts import parts_of
from triptych.local.ports import is_free
from triptych.local.prometheus import write_config
from triptych.local.settings import SuiteSettings
from triptych.local.supervisord import STOP_WAIT_S, Supervisor
from triptych.local.triton import remove_shared_memory, shared_memory_prefix
from triptych.packs.pack import PackError

POLL_S = 0.5
# Every group of parts may use all of its time.
DOWN_PATIENCE_S = 3 * STOP_WAIT_S + 5


class SuiteError(RuntimeError):
    """The suite cannot be started or stopped; the message says what to do."""


@dataclass(frozen=True)
class PartStatus:
    """How one part fares.

    Args:
        name: "milvus", "encoder" …
        state: supervisord's word for it ("RUNNING", "STARTING", "BACKOFF" …); "DOWN" when there is no supervisord.
        pid: its process; 0 when there is none.
        uptime_s: how long that has run.
        address: where it is called.
        healthy: whether it is ready to be used.
    """

    name: str
    state: str
    pid: int
    uptime_s: int
    address: str
    healthy: bool


def up(settings: SuiteSettings) -> bool:
    """Start the suite in the background; return False when it was up already (what was given up starts again).

    Raises:
        SuiteError: a port is taken, or the models or a package are missing.
    """
    supervisor = Supervisor(settings.folder)
    with _alone(settings.folder):
        if supervisor.is_running():
            supervisor.start_missing()
            return False
        end_orphans(settings.folder)
        try:
            serving.serve(settings, serving.pack_to_serve(settings))
            serve_next(settings, settings.next_pack)
        except PackError as error:
            raise SuiteError(f"the models cannot be served: {error}") from error
        parts = parts_of(settings)
        _check_ports(parts)
        write_config(parts, settings.folder)
        try:
            supervisor.start(parts, {"TRIPTYCH_GATEWAY_TOKEN_KEY": token_key(settings.folder)})
        except subprocess.CalledProcessError as error:
            raise SuiteError(f"supervisord did not start: {error.stderr.decode(errors='replace')}") from error
    return True


def down(settings: SuiteSettings) -> bool:
    """Stop the suite and everything that it left behind; return False when nothing ran.

    Raises:
        SuiteError: something would not stop.
    """
    supervisor = Supervisor(settings.folder)
    with _alone(settings.folder):
        pid = _pid(supervisor)
        if pid:
            with contextlib.suppress(Fault):  # it is on its way down already
                supervisor.call("shutdown")
            _wait_for_end(pid)
        left = end_orphans(settings.folder)
        for triton in ("triton", "triton_next"):
            remove_shared_memory(shared_memory_prefix(settings.folder / triton))
    return bool(pid or left)


def status(settings: SuiteSettings) -> list[PartStatus]:
    """Return how each part fares, in the order in which they start."""
    parts = parts_of(settings)
    processes = Supervisor(settings.folder).processes()
    return [
        _status(part, processes.get(part.name, {}), ready=ready)
        for part, ready in zip(parts, healthy(parts) if processes else [False] * len(parts), strict=True)
    ]


def watch(settings: SuiteSettings, wait_s: float) -> Iterator[list[PartStatus]]:
    """Return how the parts fare, again and again, until all are ready.

    Raises:
        SuiteError: they are not after *wait_s*, or one was given up; says whose log to read.
    """
    end = time.monotonic() + wait_s
    while True:
        states = status(settings)
        yield states
        waiting = [state for state in states if not state.healthy]
        if not waiting:
            return
        given_up = [state for state in waiting if state.state == "FATAL"]
        if given_up or time.monotonic() > end:
            name = (given_up or waiting)[0].name
            why = "does not start" if given_up else f"is not ready after {wait_s:.0f} s"
            raise SuiteError(f"{name} {why}; see {settings.folder / 'logs' / name}.log")
        time.sleep(POLL_S)


def _status(part: Part, process: Mapping[str, Any], *, ready: bool) -> PartStatus:
    pid = int(process.get("pid", 0))
    return PartStatus(
        name=part.name,
        state=str(process.get("statename", "DOWN")),
        pid=pid,
        uptime_s=max(0, process["now"] - process["start"]) if pid else 0,
        address=part.address,
        healthy=ready and bool(pid),
    )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other command starts or stops the suite in *folder*.

    Raises:
        SuiteError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SuiteError(f"the folder {folder} cannot be written: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_ports(parts: list[Part]) -> None:
    for part in parts:
        for port in (part.port, *part.other_ports):
            if not is_free(port):
                who = listener(port) or "another process"
                raise SuiteError(
                    f"port {port} of {part.name} is taken by {who}; stop it, or set another with TRIPTYCH_*_PORT"
                )


def _pid(supervisor: Supervisor) -> int:
    try:
        return int(supervisor.call("getPID") or 0)
    except Fault:
        return int((supervisor.folder / "supervisord.pid").read_text())  # it is on its way down


def _wait_for_end(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        try:
            psutil.Process(pid).wait(timeout=DOWN_PATIENCE_S)
        except psutil.TimeoutExpired as error:
            raise SuiteError(f"supervisord (pid {pid}) does not stop") from error
