"""What is noted of writes, and what never is."""

import json
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from gateway.adapters.audit import AuditLog
from tests.unit.gateway.access.test_rules import request_of
from triptych import keyring
from triptych.v1 import catalog_service_pb2 as pb

SECRET_TITLE = "a title that is nobody's business"


@pytest.fixture
async def audited(start, keys, tmp_path):
    """A gateway that asks for keys and writes an audit file."""
    return await start(keys_file=str(keys.path), audit_file=str(tmp_path / "audit.log"))


def lines(tmp_path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]


async def test_a_write_has_a_line(audited, keys, tmp_path):
    """Who, what, where, how many, how it ended, and the id by which its request is found in the log."""
    key = keys.make("write")
    request = pb.UpsertProductsRequest(
        catalog="mine", products=[{"id": "a", "title": SECRET_TITLE}, {"id": "b", "title": SECRET_TITLE}]
    )

    await audited.ask("CatalogService/UpsertProducts", request, key, (("x-request-id", "my-id"),))

    (line,) = lines(tmp_path)
    assert line["peer"].startswith("ipv4:127.0.0.1:")
    assert {"time", "ms", "peer"} <= set(line)
    del line["time"], line["ms"], line["peer"]
    assert {
        "request_id": "my-id",
        "caller": keyring.id_of(key),
        "rpc": "CatalogService/UpsertProducts",
        "catalog": "mine",
        "items": 2,
        "outcome": "DEPENDENCY_UNAVAILABLE",
    } == line


async def test_every_write_and_no_read_is_noted(audited, keys, tmp_path):
    """By the table of rules."""
    from gateway.core.access.rules import RULES

    key = keys.make("admin")
    for rpc in RULES:
        fields = pb.CreateCatalogRequest if rpc.endswith("/CreateCatalog") else None
        request = fields(catalog="mine") if fields else request_for(rpc)
        await audited.ask(rpc, request, key)

    assert sorted(rpc for rpc, rule in RULES.items() if rule.is_write) == sorted(
        line["rpc"] for line in lines(tmp_path)
    )


def request_for(rpc: str):
    """Return a valid request where it needs a catalogue."""
    from gateway.core.access.rules import RULES, Scope

    if rpc == "FeedbackService/RecordEvents":
        from triptych.v1 import feedback_service_pb2 as feedback_pb

        return feedback_pb.RecordEventsRequest(events=[feedback_pb.ShownEvent(event_id="x")])
    return request_of(rpc, "mine") if RULES[rpc].scope is Scope.NAMED else None


async def test_a_refused_write_is_noted(audited, keys, tmp_path):
    """Whoever has a key and tries is seen; strangers are counted, since they could fill the log."""
    searcher, stranger = keys.make("search"), keys.make("write", catalogs=("theirs",))
    request = request_of("CatalogService/DeleteCatalog", "mine")
    await audited.ask("CatalogService/DeleteCatalog", request)
    await audited.ask("CatalogService/DeleteCatalog", request, searcher)
    await audited.ask(
        "CatalogService/UpsertProducts", request_of("CatalogService/UpsertProducts", "mine"), stranger
    )

    assert [
        (keyring.id_of(searcher), "ROLE_MISSING"),
        (keyring.id_of(stranger), "CATALOG_NOT_ALLOWED"),
    ] == [(line["caller"], line["outcome"]) for line in lines(tmp_path)]


async def test_a_stream_has_one_line_with_what_it_brought(audited, keys, tmp_path):
    """Counted as it comes."""
    key = keys.make("write")
    method = audited.channel.stream_stream(
        "/triptych.v1.CatalogService/IngestProducts", pb.IngestProductsRequest.SerializeToString
    )

    async def messages():
        yield pb.IngestProductsRequest(start={"catalog": "mine"})
        for number in (1, 3):
            # Products without anything to find them by are refused before any room is asked.
            items = [{"sequence": number + each, "product": {"id": "p"}} for each in range(2)]
            yield pb.IngestProductsRequest(items={"items": items})

    _ = [each async for each in method(messages(), metadata=(("x-api-key", key),), timeout=10)]

    (line,) = lines(tmp_path)
    assert ("mine", 4, "OK") == (line["catalog"], line["items"], line["outcome"])


async def test_no_secret_and_no_content_is_logged(start, keys, tmp_path):
    """Not in the log and not in the audit file, whatever is sent and refused."""
    token_key = "the key that signs tokens, of 32 characters"
    with capture_logs() as logs:
        gateway = await start(
            keys_file=str(keys.path),
            audit_file=str(tmp_path / "audit.log"),
            token_key=token_key,
            log_level="debug",
        )
        good, bad = keys.make("admin"), keyring.new_key()[1]
        token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJodW50ZXIyIn0."
        request = pb.UpsertProductsRequest(catalog="mine", products=[{"id": "a", "title": SECRET_TITLE}])
        for key in (good, bad, token):
            await gateway.ask("CatalogService/UpsertProducts", request, key)
            await gateway.ask("CatalogService/UpsertProducts", metadata=(("x-api-key", key),))
        keys.path.write_text(json.dumps({"keys": [{"sha256": good}]}))
        await gateway.ask("CatalogService/UpsertProducts", request, good)

    told = repr(logs) + (tmp_path / "audit.log").read_text()
    assert "DEPENDENCY_UNAVAILABLE" in told
    assert "changed files are not used" in told
    for secret in (token_key, token, SECRET_TITLE, *(key.split("_", 2)[2] for key in (good, bad))):
        assert secret not in told
    assert keyring.digest(good) not in told


def test_the_file_may_be_rotated(tmp_path):
    """By renaming it: the next line goes to a new one."""
    path = tmp_path / "audit.log"
    log = AuditLog(path)
    log.note(rpc="a")
    path.rename(tmp_path / "audit.log.1")
    log.note(rpc="b")
    log.close()

    read = [json.loads((tmp_path / name).read_text())["rpc"] for name in ("audit.log.1", "audit.log")]
    assert ["a", "b"] == read


def test_a_line_that_cannot_be_written_is_counted():
    """The write was done, and is answered; the loss is seen."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")

    def lost() -> float:
        return REGISTRY.get_sample_value("triptych_gateway_audit_failures_total") or 0.0

    before = lost()
    log = AuditLog("/dev/full")
    log.note(rpc="a")

    assert before + 1 == lost()
