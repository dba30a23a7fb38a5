"""supervisord for the suite: its configuration, and talking to it over its socket."""

import configparser
import contextlib
import hashlib
import http.client
import io
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from triptych.local.part import Part
from triptych.local.parts import GROUPS
from triptych.local.triton import IMPORT_ROOT

# The longest path that a unix socket can have is 107 bytes on Linux.
SOCKET_PATH_MAX = 100
LOG_BYTES_MAX = 5 * 1024 * 1024
LOG_BACKUPS = 2
# A part that ends is started again after 1 s, 2 s, 3 s …; after this many in a row it is given up.
START_RETRIES = 20
# A part that ran for this long has started well.
START_S = 3
# Longer than any part takes to finish what is in flight.
STOP_WAIT_S = 25
# Every process of the suite inherits it: by this it can be told from others.
MARK = "TRIPTYCH_SUITE"


@dataclass(frozen=True)
class Supervisor:
    """The supervisord of the suite in *folder*."""

    folder: Path

    @property
    def config_path(self) -> Path:
        """Its configuration."""
        return self.folder / "supervisord.conf"

    @property
    def socket_path(self) -> Path:
        """Where it listens: in the suite's folder, or where that is too deep for a socket, in the system's."""
        wanted = self.folder / "supervisord.sock"
        if len(os.fsencode(wanted)) <= SOCKET_PATH_MAX:
            return wanted
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"triptych-{digest}.sock"

    def start(self, parts: Sequence[Part], secrets: Mapping[str, str]) -> None:
        """Start supervisord in the background, and with it all *parts*, which are told *secrets* too.

        Raises:
            CalledProcessError: it did not start; its output says why.
        """
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.config_path.write_text(config_text(self, parts))
        told = {name: value for part in parts for name, value in part.environment.items()}
        subprocess.run(  # noqa: S603 - every word of it is ours
            [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(self.config_path)],
            check=True,
            capture_output=True,
            cwd=IMPORT_ROOT,
            # What the user set stays.
            env={**told, **secrets, **os.environ, MARK: str(self.folder)},
        )

    def call(self, method: str, *arguments: object) -> Any:
        """Call *method* of supervisord's XML-RPC; None when no supervisord runs.

        Raises:
            Fault: it refused.
        """
        transport = SupervisorTransport(None, None, f"unix://{self.socket_path}")
        with ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            try:
                return getattr(proxy.supervisor, method)(*arguments)
            except (OSError, http.client.HTTPException):
                return None

    def is_running(self) -> bool:
        """Return whether it answers."""
        return self.call("getPID") is not None

    def processes(self) -> Mapping[str, Mapping[str, Any]]:
        """Return what it knows of each part, by name; empty when it does not run."""
        try:
            return {str(info["name"]): info for info in self.call("getAllProcessInfo") or ()}
        except Fault:
            return {}  # it is on its way down

    def restart(self, part: Part) -> None:
        """End *part* and start it again; return when it has begun.

        Raises:
            Fault: supervisord refused.
        """
        name = f"{part.group}:{part.name}"
        with contextlib.suppress(Fault):  # it had ended already
            self.call("stopProcess", name)
        self.call("startProcess", name, False)

    def start_missing(self) -> None:
        """Start the parts that were given up."""
        self.call("startAllProcesses", False)


def config_text(supervisor: Supervisor, parts: Sequence[Part]) -> str:
    """Return supervisord's configuration."""
    folder = supervisor.folder
    config = configparser.RawConfigParser()
    config["unix_http_server"] = {"file": str(supervisor.socket_path), "chmod": "0700"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    config["supervisord"] = {
        "pidfile": str(folder / "supervisord.pid"),
        "logfile": str(folder / "logs" / "supervisord.log"),
        "logfile_maxbytes": str(LOG_BYTES_MAX),
        "logfile_backups": str(LOG_BACKUPS),
        "childlogdir": str(folder / "logs"),
        "directory": str(IMPORT_ROOT),
        "identifier": "triptych",
    }
    for part in parts:
        config[f"program:{part.name}"] = _program(part, folder / "logs" / f"{part.name}.log")
    for priority, group in enumerate(reversed(GROUPS), start=1):
        members = [part.name for part in parts if part.group == group]
        config[f"group:{group}"] = {"programs": ",".join(members), "priority": str(priority)}
    # A per cent sign would begin a reference to one of supervisord's variables.
    text = io.StringIO()
    config.write(text)
    return text.getvalue().replace("%", "%%")


def _program(part: Part, log: Path) -> dict[str, str]:
    return {
        "command": shlex.join(part.command),
        "directory": str(IMPORT_ROOT),
        "autostart": "true",
        "autorestart": "true",
        "startsecs": str(START_S),
        "startretries": str(START_RETRIES),
        "stopsignal": "TERM",
        "stopwaitsecs": str(STOP_WAIT_S),
        # Triton's models are processes of their own. Milvus and Triton tell their own how to end; a kill tells all.
        "killasgroup": "true",
        "redirect_stderr": "true",
        # The one value that supervisord expands twice: see `config_text`.
        "stdout_logfile": str(log).replace("%", "%%"),
        "stdout_logfile_maxbytes": str(LOG_BYTES_MAX),
        "stdout_logfile_backups": str(LOG_BACKUPS),
    }
