"""What an operator does: look, be told what is wrong, restart rooms under load; and what strangers may send."""

import asyncio
import json
import sys
from pathlib import Path

import grpc
import pytest

from bench.replicas import replicas
from bench.rolling import rolled

sys.path.insert(0, str(Path(__file__).parents[1] / "integration" / "fuzz"))

from house import ANY_SIZE, House
from sending import fuzzed

from triptych.v1 import catalog_service_pb2 as pb

REQUESTS, SEED = 200, 3
SERVICES = {
    "GATEWAY": (
        "triptych.v1.ProductSearchService",
        "triptych.v1.CatalogService",
        "triptych.v1.MaintenanceService",
        "triptych.v1.UpgradeService",
        "triptych.v1.FeedbackService",
    ),
    "ENCODER": ("triptych.internal.v1.EncoderService",),
    "FUSION": ("triptych.internal.v1.FusionService",),
    "SEARCH": ("triptych.internal.v1.SearchService", "triptych.internal.v1.GenerationService"),
    "RANKER": ("triptych.internal.v1.RankerService",),
}


@pytest.fixture
def catalogs(shop):
    """Removes the catalogues that a test made: others' packs may not be chosen while they are there."""

    def names() -> set[str]:
        listed = shop.catalog_stub.ListCatalogs(pb.ListCatalogsRequest(), timeout=60)
        return {each.catalog for each in listed.catalogs}

    before = names()
    yield
    for name in names() - before:
        shop.catalog_stub.DeleteCatalog(pb.DeleteCatalogRequest(catalog=name), timeout=60)


def test_status_tells_versions_and_load(suite, shop):
    """Of every part; the models are those that the rooms found in Triton."""
    rows = {row["name"]: row for row in json.loads(suite.run("status", "--json").stdout)}

    assert rows["milvus"]["version"].lstrip("v").startswith("2.")
    assert rows["triton"]["version"].startswith("2.")
    assert (
        {rows[room]["version"] for room in ("encoder", "fusion", "search", "ranker", "gateway")}
        == {rows["gateway"]["version"]}
        != {""}
    )
    assert any(model.startswith("text_encoder") for model in rows["encoder"]["models"])
    assert all(rows[room]["in_flight"] >= 0 for room in ("encoder", "gateway"))
    assert rows["triton"]["queued"] >= 0


def test_parts_can_be_asked_at_their_metrics(suite):
    """As on another machine."""
    address = f"127.0.0.1:{suite.environment['TRIPTYCH_GATEWAY_METRICS_PORT']}"

    done = suite.run("status", "--json", "--part", f"gateway={address}")

    assert [("gateway", True)] == [(row["name"], row["healthy"]) for row in json.loads(done.stdout)]


def test_the_doctor_finds_nothing_wrong_in_a_suite_that_runs(suite, shop):
    """Parts answer, models are loaded, the pack is that of the catalogues, collections are loaded, clocks agree."""
    findings = json.loads(suite.run("doctor", "--json").stdout)

    # What the machine lacks, such as open files, is none of the suite's.
    assert [] == [each for each in findings if each["severity"] == "error"]


@pytest.mark.slow
def test_a_room_of_two_is_restarted_under_load_without_a_failed_request(suite, catalogs, tmp_path):
    """Every room and the gateway, without a retry; `python -m bench.rolling` does it forty times."""
    milvus = f"http://127.0.0.1:{suite.environment['TRIPTYCH_MILVUS_PORT']}"
    triton = f"127.0.0.1:{suite.environment['TRIPTYCH_TRITON_GRPC_PORT']}"
    with replicas(milvus, triton, tmp_path / "replicas") as set_up:
        figures = asyncio.run(rolled(set_up, requests=300, products=100, searchers=2, each_of=1))

    assert ({}, 0, 0) == (figures["errors"], figures["wrong"], figures["lost"])
    assert figures["requests"] >= 300
    assert 5 == figures["restarts"]


@pytest.mark.slow
async def test_no_request_harms_the_running_suite(suite, shop, catalogs):
    """Random and mutated requests over every RPC are answered or refused with a reason, nothing of the inside told."""
    channels = {
        service: grpc.aio.insecure_channel(
            f"127.0.0.1:{suite.environment[f'TRIPTYCH_{room}_PORT']}", options=ANY_SIZE
        )
        for room, services in SERVICES.items()
        for service in services
    }

    complaints = await fuzzed(House(channels, suite.address), REQUESTS, SEED)

    for channel in channels.values():
        await channel.close()
    assert [] == complaints
    assert all(part["healthy"] for part in suite.status().values())
