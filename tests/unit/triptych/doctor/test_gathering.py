"""What is gathered from this machine."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from triptych.doctor.answers import last_why
from triptych.doctor.gathering import certificate, count_of, environment, folder, gathered, settings_of_rooms
from triptych.doctor.locked import differing
from triptych.local.settings import SuiteSettings
from triptych.runtime.security.tls import TlsFiles


@pytest.fixture
def suite(tmp_path):
    return SuiteSettings(state=tmp_path / "suite")


def test_a_machine_without_a_suite_is_told_by_its_environment(suite, monkeypatch):
    """As in a container: the settings, and nothing of a local suite."""
    monkeypatch.setenv("TRIPTYCH_SEARCH_MILVUS_URI", "http://127.0.0.1:1")
    monkeypatch.setenv("TRIPTYCH_GATEWAY_DRAIN_MS", "7")

    world = gathered(suite, 60)

    assert (7, 60, ()) == (world.rooms["gateway"].drain_ms, world.stop_s, tuple(world.parts))
    assert ({}, None) == (world.answers, world.milvus)
    assert world.pack is not None


def test_what_the_suite_tells_its_rooms_counts_unless_the_user_said_otherwise(suite, monkeypatch):
    """As supervisord does it."""
    monkeypatch.setenv("TRIPTYCH_SEARCH_GRACE_MS", "1")
    with environment({"TRIPTYCH_SEARCH_DRAIN_MS": "2", "TRIPTYCH_SEARCH_GRACE_MS": "3"}):
        rooms, _ = settings_of_rooms()

    assert (2, 1) == (rooms["search"].drain_ms, rooms["search"].grace_ms)
    assert 3000 == settings_of_rooms()[0]["search"].drain_ms


def test_settings_that_cannot_be_read_are_named_without_their_value(monkeypatch):
    """A key that is too short is a secret too."""
    monkeypatch.setenv("TRIPTYCH_GATEWAY_TOKEN_KEY", "hunter2")

    _, unreadable = settings_of_rooms()

    assert unreadable["gateway"].startswith("TRIPTYCH_GATEWAY_TOKEN_KEY: ")
    assert "hunter2" not in unreadable["gateway"]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TRIPTYCH_SEARCH_TLS_CALLERS", "gateway", 'field "tls_callers"'),
        ("TRIPTYCH_SECRETS_DIR", "/nowhere", "TRIPTYCH_SECRETS_DIR names no folder: /nowhere"),
    ],
)
def test_settings_that_are_not_even_values_are_found(monkeypatch, variable, value, said):
    """A list that is no JSON, a folder of secrets that is not there."""
    monkeypatch.setenv(variable, value)

    _, unreadable = settings_of_rooms()

    assert said in unreadable["search"]


@pytest.mark.parametrize(
    ("target", "count"),
    [
        ("ipv4:127.0.0.1:1,127.0.0.1:2", 2),
        ("127.0.0.1:7103", 1),
        ("dns:///localhost:7103", 1),
        ("no.such.host.invalid:1", 1),
    ],
)
def test_addresses_behind_a_name_are_counted(target, count):
    """One that cannot be resolved counts as one."""
    assert count == count_of(target)


def test_a_folder_that_is_not_there_is_where_it_will_be_made(tmp_path):
    """Its disk is that of the nearest folder that is."""
    found = folder(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b", True) == (found.path, found.is_writable)
    assert 0 < found.free_bytes <= found.total_bytes
    assert found.file_system


def test_a_certificate_tells_when_it_ends(tmp_path):
    """Or why it cannot be used."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    ends = datetime(2030, 1, 2, tzinfo=UTC)
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    signed = (
        x509.CertificateBuilder(name, name, made.public_key(), 1, ends - timedelta(days=9), ends)
    ).sign(made, hashes.SHA256())  # fmt: skip
    cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )

    assert ends.timestamp() == certificate(TlsFiles(str(cert), str(key))).not_after_s
    assert certificate(TlsFiles(str(cert), str(cert))).problem
    assert "No such file or directory" == certificate(TlsFiles("nowhere", "nowhere")).problem


def test_packages_are_compared_with_the_lock(tmp_path):
    """Builds of a version are that version; without a lock nothing is compared."""
    lock = tmp_path / "requirements.lock"
    lock.write_text("pytest==0.1\nno-such-package==1.0\nhttpx==0.0\n")

    found = differing(lock)

    assert {"pytest", "no-such-package", "httpx"} == set(found)
    assert "1.0 is missing" == found["no-such-package"]
    assert found["pytest"].endswith("instead of 0.1")
    assert {} == differing(tmp_path / "none")


def test_a_room_says_last_why_it_is_not_ready(tmp_path):
    """Among lines that are none of its log."""
    log = tmp_path / "search.log"
    lines = [
        {"event": "not ready", "why": "old"},
        {"event": "not ready", "why": "Milvus is away."},
        {"event": "rpc"},
    ]
    log.write_text("Traceback\n" + "\n".join(json.dumps(each) for each in lines) + "\nready\n")

    assert "Milvus is away" == last_why(log)
    assert "" == last_why(tmp_path / "none.log")
