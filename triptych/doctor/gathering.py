"""Gathers the world: settings from the environment, what this machine has, and what the parts answer."""

import os
import resource
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from cryptography import x509

from gateway.settings import GatewaySettings
from services.encoder.settings import EncoderSettings
from services.fusion.settings import FusionSettings
from services.ranker.settings import RankerSettings
from services.search.settings import SearchSettings
from triptych.doctor import answers
from triptych.doctor.locked import differing
from triptych.doctor.milvus import milvus_of
from triptych.doctor.world import Certificate, Folder, World
from triptych.local import serving
from triptych.local.orphans import listener
from triptych.local.parts import parts_of
from triptych.local.ports import is_free
from triptych.local.settings import SuiteSettings
from triptych.local.supervisord import STOP_WAIT_S, Supervisor
from triptych.local.triton import SHARED_MEMORY
from triptych.packs.pack import Pack, PackError
from triptych.packs.verify import verify
from triptych.runtime.reading import WrongSettings, read_settings
from triptych.runtime.security.tls import TlsFiles, read
from triptych.runtime.settings import ServerSettings

SETTINGS: dict[str, type[ServerSettings]] = {
    "encoder": EncoderSettings,
    "fusion": FusionSettings,
    "search": SearchSettings,
    "ranker": RankerSettings,
    "gateway": GatewaySettings,
}
KUBERNETES = "KUBERNETES_SERVICE_HOST"
KUBERNETES_GRACE_S = 30.0


def gathered(suite: SuiteSettings, kubernetes_grace_s: float | None) -> World:
    """Return the world of this machine.

    Args:
        suite: the local suite, which counts where its folder is.
        kubernetes_grace_s: the terminationGracePeriodSeconds of the Pods, where it is known.
    """
    is_local = (suite.folder / "supervisord.conf").exists()
    parts = parts_of(suite) if is_local else []
    told = {name: value for part in parts for name, value in part.environment.items()}
    if is_local and (key := suite.folder / "token_key").exists():
        told["TRIPTYCH_GATEWAY_TOKEN_KEY"] = key.read_text()
    with environment(told):
        rooms, unreadable = settings_of_rooms()
    is_running = is_local and Supervisor(suite.folder).is_running()
    pack, problem = pack_of(suite)
    in_kubernetes = KUBERNETES_GRACE_S if KUBERNETES in os.environ else None
    return World(
        rooms=rooms,
        unreadable=unreadable,
        parts=parts,
        should_run=is_running,
        taken={} if is_running else taken_of(suite, is_local=is_local),
        stop_s=kubernetes_grace_s or (STOP_WAIT_S if is_local else in_kubernetes),
        addresses=addresses_of(rooms),
        folders=folders_of(suite, rooms, is_local=is_local),
        certificates=certificates_of(rooms),
        answers=answers.of_parts(suite, parts) if is_running else {},
        triton_models=answers.of_triton(suite) if is_running else {},
        milvus=milvus_of(rooms.get("search"), is_local=is_local) if is_running or not is_local else None,
        misfits=answers.of_catalogs(suite, pack) if is_running and pack else {},
        pack=pack,
        pack_problem=problem,
        open_files_max=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        shared_memory_bytes=shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.exists() else None,
        python=sys.version_info[:2],
        packages=differing(),
        now_s=time.time(),
    )


@contextmanager
def environment(told: Mapping[str, str]) -> Iterator[None]:
    """Let the environment hold what the local suite tells its rooms; what the user set stays."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in told.items() if name not in before})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def settings_of_rooms() -> tuple[dict[str, ServerSettings], dict[str, str]]:
    """Return the settings of each room, and why those of some cannot be read; secrets are not quoted."""
    rooms, unreadable = {}, {}
    for room, kind in SETTINGS.items():
        try:
            rooms[room] = read_settings(kind)
        except WrongSettings as error:
            unreadable[room] = str(error)
    return rooms, unreadable


def taken_of(suite: SuiteSettings, *, is_local: bool) -> dict[int, str]:
    """Return who listens on ports of the local suite, which does not run."""
    if not is_local:
        return {}
    ports = [port for part in parts_of(suite) for port in (part.port, *part.other_ports)]
    return {port: listener(port) or "another process" for port in ports if not is_free(port)}


def addresses_of(rooms: Mapping[str, ServerSettings]) -> dict[str, int]:
    """Return how many addresses the gateway has for each room."""
    gateway = rooms.get("gateway")
    if not isinstance(gateway, GatewaySettings):
        return {}
    return {name: count_of(getattr(gateway, name)) for name in ("encoder", "fusion", "search", "ranker")}


def count_of(target: str) -> int:
    """Return how many addresses *target*, a name of gRPC's, has now; 1 where it cannot be resolved."""
    scheme, _, rest = target.rpartition(":///") if ":///" in target else target.rpartition("ipv4:")
    if target.startswith("ipv4:"):
        return rest.count(",") + 1
    host = (rest if scheme else target).rpartition(":")[0]
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return 1
    return len({address[0] for *_, address in found})


def folders_of(
    suite: SuiteSettings, rooms: Mapping[str, ServerSettings], *, is_local: bool
) -> dict[str, Folder]:
    """Return where what is kept."""
    places: dict[str, Path] = {"data of Milvus": suite.folder, "packs": suite.packs} if is_local else {}
    for room in rooms.values():
        if isinstance(room, SearchSettings) and room.lexical == "sqlite":
            places["words"] = room.lexical_path.parent
        if isinstance(room, GatewaySettings):
            places["events"] = room.events_path.parent
        if isinstance(room, EncoderSettings) and room.media_store:
            places["media"] = Path(room.media_store)
    return {name: folder(path) for name, path in places.items()}


def folder(path: Path) -> Folder:
    """Return the place *path*, or the one in which it will be made."""
    there = next(each for each in (path.resolve(), *path.resolve().parents) if each.exists())
    usage = shutil.disk_usage(there)
    mounts = [each for each in psutil.disk_partitions(all=True) if there.is_relative_to(each.mountpoint)]
    mount = max(mounts, key=lambda each: len(each.mountpoint), default=None)
    is_writable = os.access(there, os.W_OK | os.X_OK)
    return Folder(path, usage.free, usage.total, is_writable, mount.fstype if mount else "")


def certificates_of(rooms: Mapping[str, ServerSettings]) -> dict[str, Certificate]:
    """Return the certificates of the rooms by variable."""
    files = {f"TRIPTYCH_{room.upper()}_TLS_CERT": settings.tls for room, settings in rooms.items()}
    gateway = rooms.get("gateway")
    if isinstance(gateway, GatewaySettings):
        files["TRIPTYCH_GATEWAY_ROOMS_TLS_CERT"] = gateway.rooms_tls
    return {variable: certificate(each) for variable, each in files.items() if each.cert}


def certificate(files: TlsFiles) -> Certificate:
    """Return the certificate of *files*."""
    try:
        pems = read(files)
        (shown, *_) = x509.load_pem_x509_certificates(pems.cert or b"")
    except (OSError, ValueError) as error:
        return Certificate(files.cert, problem=str(getattr(error, "strerror", "") or error).rstrip("."))
    return Certificate(files.cert, shown.not_valid_after_utc.timestamp())


def pack_of(suite: SuiteSettings) -> tuple[Pack | None, str]:
    """Return the pack that the local suite serves, or why it is not sound."""
    try:
        return verify(serving.pack_to_serve(suite)), ""
    except PackError as error:
        return None, str(error)
