"""A real Triton from the pytriton wheel, in the foreground: `python -m triptych.local.triton --model-repository DIR`.

The wheel carries a whole `tritonserver` with the Python backend. This process becomes that server (`execve`), so whoever
started it owns the real thing.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from triptych.local.ports import LOOPBACK

HTTP_PORT = 7000
GRPC_PORT = 7001
METRICS_PORT = 7002

EXIT_TIMEOUT_S = 3
LOCK_TIMEOUT_S = 15.0
# The processes of the models notice within about two seconds that their Triton is gone.
ORPHANS_MAY_TAKE_S = 3.0
STUB = "triton_python_backend_stub"
# The folder that this project is imported from: a checkout's root.
IMPORT_ROOT = Path(__file__).resolve().parents[2]
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where the system keeps it


@dataclass(frozen=True)
class TritonPorts:
    """The ports that Triton listens on, and the address."""

    grpc: int = GRPC_PORT
    http: int = HTTP_PORT
    metrics: int = METRICS_PORT
    host: str = LOOPBACK


def triton_command(model_repository: Path, state: Path, ports: TritonPorts | None = None) -> list[str]:
    """Return the command that runs Triton in the foreground, with its working files in *state*."""
    ports = ports or TritonPorts()
    return [
        sys.executable, "-m", "triptych.local.triton",
        "--model-repository", str(model_repository), "--state", str(state),
        "--grpc-port", str(ports.grpc), "--http-port", str(ports.http), "--metrics-port", str(ports.metrics),
    ]  # fmt: skip


def main() -> None:
    """Become Triton."""
    parser = argparse.ArgumentParser(description="Run Triton in the foreground.")
    parser.add_argument("--model-repository", type=Path, required=True)
    parser.add_argument(
        "--state", type=Path, required=True, help="folder for what Triton needs while it runs"
    )
    parser.add_argument("--grpc-port", type=int, default=GRPC_PORT, help="default: %(default)s")
    parser.add_argument("--http-port", type=int, default=HTTP_PORT, help="default: %(default)s")
    parser.add_argument("--metrics-port", type=int, default=METRICS_PORT, help="default: %(default)s")
    parser.add_argument("--host", default=LOOPBACK, help="0.0.0.0 in a container (default: %(default)s)")
    parser.add_argument(
        "--connection-age-max-ms",
        type=int,
        default=0,
        help="when callers are asked to connect again, and so to look for other Tritons (default: never)",
    )
    arguments = parser.parse_args()
    state = arguments.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    lock(state)
    remove_shared_memory(shared_memory_prefix(state))
    server = triton_folder()
    ports = TritonPorts(arguments.grpc_port, arguments.http_port, arguments.metrics_port, arguments.host)
    backends = assemble_backend(server, state / "backends")
    options = server_options(
        arguments.model_repository.resolve(), backends, shared_memory_prefix(state), ports
    )
    if arguments.connection_age_max_ms:
        options.append(f"--grpc-max-connection-age={arguments.connection_age_max_ms}")
    program = server / "bin" / "tritonserver"
    os.execve(program, [str(program), *options], environment(server, os.environ))  # noqa: S606 - no shell is wanted


def triton_folder() -> Path:
    """Return the folder of `tritonserver` in the pytriton wheel, which is not imported: it would take seconds.

    Raises:
        SystemExit: the wheel is not installed.
    """
    spec = importlib.util.find_spec("pytriton")
    if spec is None or spec.origin is None:
        sys.exit("Triton is not installed: pip install 'triptych[local]'")
    return Path(spec.origin).parent / "tritonserver"


def lock(state: Path) -> None:
    """Lock *state* for this process and all that it becomes or starts; the lock ends with the last of them.

    The processes of the models outlive a killed Triton: by a moment, or for ever when it was killed while one of them
    waited for a lock in the memory that they share. So the lock is waited for, and orphans among them are ended.

    Raises:
        SystemExit: another Triton keeps it.
    """
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    end = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                sys.exit(f"another Triton runs on {state}")
            if time.monotonic() > end - LOCK_TIMEOUT_S + ORPHANS_MAY_TAKE_S:
                end_orphaned_models(state)
            time.sleep(0.1)
        else:
            return


def end_orphaned_models(state: Path) -> None:
    """Kill the processes of models that a killed Triton left behind on *state*: those whose parent is no Triton."""
    import psutil  # only needed after a kill

    stub = state / "backends" / "python" / STUB
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            parent = process.parent()
            if process.cmdline()[:1] == [str(stub)] and (parent is None or parent.name() != "tritonserver"):
                process.kill()


def shared_memory_prefix(state: Path) -> str:
    """Return the name that the shared memory of a Triton on *state* starts with: its own on this machine."""
    return f"triptych_{hashlib.sha256(os.fsencode(state)).hexdigest()[:12]}_"


def remove_shared_memory(prefix: str, folder: Path = SHARED_MEMORY) -> None:
    """Remove what a killed Triton left in shared memory; only with its state locked."""
    for leftover in folder.glob(f"{prefix}*"):
        leftover.unlink(missing_ok=True)


def assemble_backend(server: Path, folder: Path) -> Path:
    """Put the Python backend together in *folder*: the wheel has the stub of each interpreter elsewhere."""
    backend = folder / "python"
    shutil.rmtree(backend, ignore_errors=True)
    backend.mkdir(parents=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = server / "python_backend_stubs" / version / STUB
    for source in (server / "backends" / "python").glob("*.*"):
        (backend / source.name).symlink_to(source)
    # A copy, since the wheel's cannot be executed, and the server may make only what is its own user's so.
    shutil.copyfile(stub, backend / stub.name)
    (backend / stub.name).chmod(0o700)
    return folder


def server_options(
    model_repository: Path, backends: Path, shared_memory: str, ports: TritonPorts
) -> list[str]:
    """Return the options of `tritonserver`."""
    return [
        f"--model-repository={model_repository}",
        f"--backend-directory={backends}",
        f"--backend-config=python,shm-region-prefix-name={shared_memory}",
        f"--grpc-address={ports.host}", f"--grpc-port={ports.grpc}",
        f"--http-address={ports.host}", f"--http-port={ports.http}",
        f"--metrics-address={ports.host}", f"--metrics-port={ports.metrics}",
        "--strict-readiness=true",
        # Would start every model's process twice; the configurations say everything.
        "--disable-auto-complete-config",
        f"--exit-timeout-secs={EXIT_TIMEOUT_S}",
        "--log-info=false",
    ]  # fmt: skip


def environment(server: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which the server and its models run."""
    site_packages = server.parents[1]
    libraries = [
        # First the interpreter's own: the stub would load the system's libpython of another patch level and crash.
        str(sysconfig.get_config_var("LIBDIR")),
        str(site_packages / "nvidia_pytriton.libs"),
        inherited.get("LD_LIBRARY_PATH", ""),
    ]
    # The models' interpreter is an isolated one: it passes over PYTHONPATH, but it takes the `python3` of PATH for its
    # own program and so finds this environment's packages, and this project among them, as that one would.
    programs = [str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]
    return {
        **inherited,
        "PATH": os.pathsep.join(programs),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
    }


if __name__ == "__main__":
    main()
