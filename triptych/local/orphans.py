"""Processes that a killed suite left behind: found by the mark that every process of the suite inherits."""

import contextlib
import os
from pathlib import Path

import psutil

from triptych.local.supervisord import MARK

PATIENCE_S = 5.0


def orphans(folder: Path) -> list[psutil.Process]:
    """Return the running processes of the suite in *folder*, other than this one."""
    return [process for process in psutil.process_iter() if _belongs(process, folder)]


def end_orphans(folder: Path) -> int:
    """Kill what an earlier suite in *folder* left behind; return how many there were."""
    left = orphans(folder)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself meanwhile
            process.kill()
    psutil.wait_procs(left, timeout=PATIENCE_S)
    return len(left)


def _belongs(process: psutil.Process, folder: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return bool(process.environ().get(MARK) == str(folder))
    except psutil.Error:
        return False  # another user's, or gone


def listener(port: int) -> str:
    """Return who listens on *port*, as "name (pid 7)"; empty where that cannot be seen."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
            return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
