"""Each check finds its fault, and is quiet when there is none."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from services.encoder.settings import EncoderSettings
from services.fusion.settings import FusionSettings
from services.ranker.settings import RankerSettings
from services.search.settings import SearchSettings
from triptych.doctor import checks_machine, checks_running, checks_settings
from triptych.doctor.examine import CHECKS, examined
from triptych.doctor.finding import Severity
from triptych.doctor.world import Answered, Certificate, Folder, Milvus, World
from triptych.local.part import Part

GIB = 1024**3
DAY_S = 86_400
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
KEY = "a key of at least 32 characters!!"
ROOMS = {
    "encoder": EncoderSettings(),
    "fusion": FusionSettings(),
    "search": SearchSettings(),
    "ranker": RankerSettings(),
    "gateway": GatewaySettings(token_key=KEY),
}
FINE = World(
    rooms=ROOMS,
    should_run=True,
    stop_s=25,
    addresses={"search": 1, "encoder": 3},
    folders={"words": Folder(Path("/data/words"), 90 * GIB, 100 * GIB, is_writable=True, file_system="ext4")},
    certificates={"TRIPTYCH_GATEWAY_TLS_CERT": Certificate("/tls/cert.pem", 100 * DAY_S)},
    answers={"milvus": Answered(ready=True), "search": Answered(ready=True, clock_skew_s=0.4)},
    milvus=Milvus(version="2.3.5", collections=8, channels=256),
    shared_memory_bytes=2 * GIB,
)


def room(name, **changes):
    """FINE, but for settings of a room, which are not read from anywhere."""
    return replace(FINE, rooms={**ROOMS, name: ROOMS[name].model_copy(update=changes)})


def words(**changes):
    return replace(FINE, folders={"words": replace(FINE.folders["words"], **changes)})


def part(name, *ports):
    return Part(name, "rooms", (), ports[0], ports[1:], {})


OPEN = {"host": "0.0.0.0", "tls_cert": "c", "tls_key": "k", "reflection": False, "metrics_host": "127.0.0.1"}
FAULTS = [
    (checks_settings.unreadable, replace(FINE, unreadable={"gateway": "no"}), ERROR, "gateway"),
    (checks_settings.deadlines, room("ranker", deadline_default_ms=200_000), ERROR, "TRIPTYCH_RANKER_DEADLINE_DEFAULT_MS"),
    (checks_settings.deadlines, room("search", deadline_max_ms=60_000), WARNING, "TRIPTYCH_SEARCH_DEADLINE_MAX_MS"),
    (checks_settings.message_sizes, room("fusion", message_bytes_max=2**20), WARNING, "TRIPTYCH_FUSION_MESSAGE_BYTES_MAX"),
    (checks_settings.message_sizes, room("fusion", message_bytes_max=2**30), NOTE, "TRIPTYCH_FUSION_MESSAGE_BYTES_MAX"),
    (checks_settings.media_in_a_message, room("encoder", media_bytes_max=90 * 2**20), WARNING, "TRIPTYCH_ENCODER_MEDIA_BYTES_MAX"),
    (checks_settings.time_to_stop, room("search", grace_ms=22_000), ERROR, "TRIPTYCH_SEARCH_DRAIN_MS, TRIPTYCH_SEARCH_GRACE_MS"),
    (checks_settings.token_key, replace(FINE, rooms={"gateway": GatewaySettings()}), WARNING, "TRIPTYCH_GATEWAY_TOKEN_KEY"),
    (checks_settings.open_doors, room("ranker", **OPEN | {"tls_cert": ""}), WARNING, "TRIPTYCH_RANKER_TLS_CERT"),
    (checks_settings.open_doors, room("ranker", **OPEN | {"reflection": True}), NOTE, "TRIPTYCH_RANKER_REFLECTION"),
    (checks_settings.open_doors, room("ranker", **OPEN | {"metrics_host": ""}), NOTE, "TRIPTYCH_RANKER_METRICS_HOST"),
    (checks_settings.anonymous, room("gateway", host="10.0.0.1", anonymous=True), WARNING, "TRIPTYCH_GATEWAY_ANONYMOUS"),
    (checks_settings.fetching, room("encoder", uri_allow_private_hosts=True, uri_allow=("http://",)), ERROR, "TRIPTYCH_ENCODER_URI_ALLOW"),
    (checks_settings.replicas_of_words, replace(FINE, addresses={"search": 2}), ERROR, "TRIPTYCH_SEARCH_LEXICAL"),
    (checks_settings.ports_twice, replace(FINE, parts=(part("a", 1, 2), part("b", 2))), ERROR, "port 2"),
    (checks_settings.next_pair, room("gateway", encoder_next="127.0.0.1:7101"), WARNING, "TRIPTYCH_GATEWAY_ENCODER_NEXT"),
    (checks_machine.disks, words(free_bytes=GIB), WARNING, "/data/words"),
    (checks_machine.disks, words(free_bytes=2**20), ERROR, "/data/words"),
    (checks_machine.disks, words(free_bytes=4 * GIB), WARNING, "/data/words"),
    (checks_machine.writable, words(is_writable=False), ERROR, "/data/words"),
    (checks_machine.network_disks, words(file_system="nfs4"), ERROR, "/data/words"),
    (checks_machine.open_files, replace(FINE, open_files_max=1024), WARNING, "open files"),
    (checks_machine.shared_memory, replace(FINE, shared_memory_bytes=64 * 2**20), ERROR, "shared memory"),
    (checks_machine.python, replace(FINE, python=(3, 12)), ERROR, "Python"),
    (checks_machine.packages, replace(FINE, packages={"grpcio": "1.0 instead of 2.0"}), WARNING, "requirements.lock"),
    (checks_machine.certificates, replace(FINE, now_s=80 * DAY_S), WARNING, "TRIPTYCH_GATEWAY_TLS_CERT"),
    (checks_machine.certificates, replace(FINE, now_s=101 * DAY_S), ERROR, "TRIPTYCH_GATEWAY_TLS_CERT"),
    (checks_machine.certificates, replace(FINE, certificates={"V": Certificate("c", problem="no PEM")}), ERROR, "V"),
    (checks_running.parts, replace(FINE, answers={"milvus": None}), ERROR, "milvus"),
    (checks_running.parts, replace(FINE, answers={"search": Answered(ready=False, why="No.")}), ERROR, "search"),
    (checks_running.taken_ports, replace(FINE, taken={7100: "nginx (pid 7)"}), ERROR, "port 7100"),
    (checks_running.models, replace(FINE, triton_models={"ranker": "no torch"}), ERROR, "model ranker"),
    (checks_running.pack, replace(FINE, pack_problem="It lacks a file"), ERROR, "pack"),
    (checks_running.catalogues, replace(FINE, misfits={"shop": "old-1, 64 dimensions"}), ERROR, "catalogue shop"),
    (checks_running.milvus_version, replace(FINE, milvus=Milvus("2.3.5", collections=8)), WARNING, "milvus"),
    (checks_running.milvus_version, replace(FINE, milvus=Milvus("v2.4.5", collections=300, channels=256)), WARNING, "milvus"),
    (checks_running.milvus_version, room("search", lexical="milvus"), ERROR, "TRIPTYCH_SEARCH_LEXICAL"),
    (checks_running.collections, replace(FINE, milvus=Milvus("2.6.0", unloaded={"c": "NotLoad"})), ERROR, "collection c"),
    (checks_running.collections, replace(FINE, milvus=Milvus("2.6.0", without_alias=["shop"])), ERROR, "catalogue shop"),
    (checks_running.clocks, replace(FINE, answers={"milvus": Answered(ready=True, clock_skew_s=-9)}), WARNING, "milvus"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "world", "severity", "about"), FAULTS, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_fault_is_found(check, world, severity, about):
    """With its severity, what it is about, why it matters and how to mend it."""
    (finding,) = check(world)

    assert (severity, about) == (finding.severity, finding.about)

    assert finding.what
    assert finding.why
    assert finding.mend


def test_every_check_has_a_fault():
    """No check is left out above, and so none is that cannot find anything."""
    assert set(CHECKS) == {check for check, *_ in FAULTS}


def test_nothing_is_found_where_all_is_well():
    """Each check is quiet."""
    assert [] == examined(FINE)


def test_nothing_is_found_in_an_empty_world():
    """A check that has nothing to look at has nothing to say."""
    assert [] == examined(World())


def test_the_worst_is_told_first():
    """Whatever the order of the checks."""
    world = replace(FINE, open_files_max=1024, unreadable={"gateway": "no"})

    assert [ERROR, WARNING] == [each.severity for each in examined(world)]


@pytest.mark.parametrize(
    ("version", "channels", "found"),
    [
        ("2.3.19", 0, 0),
        ("2.3.18", 0, 1),
        ("2.4.6", 0, 0),
        ("v2.5.1-beta", 0, 0),
        ("", 0, 0),
        ("2.3.5", 256, 0),
    ],
)
def test_milvus_that_keeps_its_rows_is_fine(version, channels, found):
    """Mended versions are, and so are collections that share no channel."""
    world = replace(FINE, milvus=Milvus(version, collections=8, channels=channels))

    assert found == len([*checks_running.milvus_version(world)])
