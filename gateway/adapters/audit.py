"""The audit log: one line a write, who did what to which catalogue, and how it ended. Never contents, never secrets.

A line is in the operating system's hands before the answer leaves: it outlives the gateway, not the machine's power.
A write that is under way when the gateway is killed has no line.
"""

import json
import logging
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from gateway.metrics_access import AUDIT_FAILURES
from triptych.runtime.context import request_id
from triptych.runtime.logs import log


class AuditLog:
    """Writes to the room's log and, where *path* names one, to a file, which may be rotated by renaming it.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path | None) -> None:
        self._file = AuditFile(path) if path else None

    def note(self, **facts: Any) -> None:
        """Write a line of *facts*."""
        facts = {key: value for key, value in facts.items() if value is not None}
        log.info("audit", **facts)
        if self._file:
            current = {"request_id": request_id()} if request_id() else {}
            line = {"time": datetime.now(UTC).isoformat(), **current, **facts}
            self._file.emit(logging.makeLogRecord({"msg": json.dumps(line, ensure_ascii=False)}))

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


class AuditFile(WatchedFileHandler):
    """Appends lines; opens the file again when another has its name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - named by the library
        """Tell that a line is lost: the write itself was done, and is answered."""
        AUDIT_FAILURES.inc()
        log.exception("a line of the audit log is lost")
