"""The machine: disks, limits, packages, certificates."""

from collections.abc import Iterator

from triptych.doctor.finding import Finding, error, warning
from triptych.doctor.world import World

MIB = 1024 * 1024
FREE_WARNING_BYTES, FREE_ERROR_BYTES = 2048 * MIB, 256 * MIB
FREE_WARNING_SHARE = 0.05
# What Triton's Python backend takes for each model's process at first, and what batches of pictures need.
SHARED_MEMORY_BYTES_MIN = 256 * MIB
# SQLite's log does not work there.
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"}
OF_SQLITE = {"words", "events"}
PYTHON = (3, 11)
# Files beside connections: of databases, logs, sockets.
OTHER_FILES = 200
CERTIFICATE_WARNING_S = 30 * 86_400
SHOWN_MAX = 5


def disks(world: World) -> Iterator[Finding]:
    """Folders that are nearly full."""
    for name, folder in world.folders.items():
        is_low = folder.free_bytes < max(FREE_WARNING_BYTES, FREE_WARNING_SHARE * folder.total_bytes)
        if not is_low:
            continue
        make = error if folder.free_bytes < FREE_ERROR_BYTES else warning
        yield make(
            str(folder.path),
            f"{folder.free_bytes // MIB} MiB are free for {name}.",
            "When it is full writes are refused with STORAGE_FULL; Milvus stops taking any before that.",
            "Make room, or a larger disk; docs/runbook.md says what lies where.",
        )


def writable(world: World) -> Iterator[Finding]:
    """Folders that cannot be written."""
    for name, folder in world.folders.items():
        if not folder.is_writable:
            yield error(
                str(folder.path),
                f"It cannot be written, and {name} go there.",
                "The room that keeps them does not start, or refuses writes.",
                "Let the user of the room own it, or name another folder.",
            )


def network_disks(world: World) -> Iterator[Finding]:
    """SQLite on a file system of the network."""
    for name, folder in world.folders.items():
        if name in OF_SQLITE and folder.file_system in NETWORK_FILE_SYSTEMS:
            yield error(
                str(folder.path),
                f"{name} are on {folder.file_system}.",
                "SQLite's write-ahead log needs shared memory of one machine: the file will be damaged.",
                "Name a folder on a local disk.",
            )


def open_files(world: World) -> Iterator[Finding]:
    """Fewer open files than connections."""
    wanted = max((settings.connections_max for settings in world.rooms.values()), default=0)
    if wanted and world.open_files_max < wanted + OTHER_FILES:
        yield warning(
            "open files",
            f"A process may open {world.open_files_max}, and connections_max is {wanted}.",
            "With more connections than files a room takes no new ones, and cannot open its own files.",
            f"Raise the limit (ulimit -n, LimitNOFILE) above {wanted + OTHER_FILES}, or lower *_CONNECTIONS_MAX.",
        )


def shared_memory(world: World) -> Iterator[Finding]:
    """Too little of it for Triton."""
    if world.shared_memory_bytes is not None and world.shared_memory_bytes < SHARED_MEMORY_BYTES_MIN:
        yield error(
            "shared memory",
            f"{world.shared_memory_bytes // MIB} MiB are free in /dev/shm.",
            "Triton hands tensors to its Python models there; models do not load, or fail under load.",
            "Give at least 1 GiB: --shm-size for a container, an emptyDir of medium Memory for a Pod.",
        )


def python(world: World) -> Iterator[Finding]:
    """Another Python than the suite was tested with."""
    if world.python != PYTHON:
        yield error(
            "Python",
            f"{'.'.join(map(str, world.python))} runs, and {'.'.join(map(str, PYTHON))} is needed.",
            "Triton's Python models are started with the interpreter of that version.",
            f"make PYTHON=/path/to/python{'.'.join(map(str, PYTHON))}",
        )


def packages(world: World) -> Iterator[Finding]:
    """Other packages than those of the lock."""
    if world.packages:
        names = [f"{name} {how}" for name, how in sorted(world.packages.items())]
        more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
        yield warning(
            "requirements.lock",
            f"{', '.join(names[:SHOWN_MAX])}{more}.",
            "Only the versions of the lock were tested together.",
            "touch requirements.lock && make .venv/ready",
        )


def certificates(world: World) -> Iterator[Finding]:
    """Certificates that cannot be used, have ended, or end soon."""
    for variable, each in world.certificates.items():
        left_s = each.not_after_s - world.now_s
        if each.problem:
            yield error(
                variable,
                f"{each.path}: {each.problem}.",
                "The room does not start.",
                "Put a usable file there.",
            )
        elif left_s < CERTIFICATE_WARNING_S:
            make = error if left_s < 0 else warning
            yield make(
                variable,
                f"{each.path} {'ended' if left_s < 0 else 'ends'} {abs(left_s) / 86_400:.0f} days "
                f"{'ago' if left_s < 0 else 'from now'}.",
                "After that no connection is made.",
                "Renew it; rooms read it again by themselves.",
            )


CHECKS = (disks, writable, network_disks, open_files, shared_memory, python, packages, certificates)
