"""Far more is asked for than can be answered: the short form of `python -m bench.overload`."""

import asyncio

import grpc
import psutil
import pytest
from conftest import PARTS
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from bench.load import at_rate, codes, of_code, once
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

# Five times what two cores answer.
PER_SECOND = 300
SECONDS = 8
DEADLINE_S = 5.0
GROWN_MIB_MAX = 200


@pytest.mark.slow
async def test_more_than_can_be_answered(suite, shop):
    """Some are answered, the rest refused with a time to come again; probes, facts and writes get through; nothing breaks."""
    before = suite.status()
    gateway = psutil.Process(int(str(before["gateway"]["pid"])))
    resident = gateway.memory_info().rss
    refusals = []
    async with grpc.aio.insecure_channel(suite.address) as channel:
        search, catalogs = (
            search_grpc.ProductSearchServiceStub(channel),
            catalog_grpc.CatalogServiceStub(channel),
        )
        health = health_pb2_grpc.HealthStub(channel)

        async def find(number):
            words = f"{sorted(shop.items)[number % len(shop.items)]} red mug {number}"
            request = pb.SearchProductsRequest(catalog=shop.catalog, parts=[pb.QueryPart(text=words)])
            try:
                await search.SearchProducts(request, timeout=DEADLINE_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
                    refusals.append(from_status(rpc_status.from_call(error)))
                raise

        async def probe(_):
            answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE_S)
            assert health_pb2.HealthCheckResponse.SERVING == answer.status

        async def facts(_):
            request = catalog_pb.GetCatalogRequest(catalog=shop.catalog)
            await catalogs.GetCatalog(request, timeout=DEADLINE_S)

        async def write(number):
            stored = types_pb2.Product(id=f"overload-{number}", title="red mug")
            request = catalog_pb.UpsertProductsRequest(catalog="overload", products=[stored])
            await catalogs.UpsertProducts(request, timeout=30)

        load = asyncio.create_task(at_rate(find, PER_SECOND, SECONDS))
        beside = []
        for number in range(4):
            await asyncio.sleep(SECONDS / 6)
            beside += await asyncio.gather(*(once(each, number) for each in (probe, facts, write)))
        outcomes = await load
        grown_mib = (gateway.memory_info().rss - resident) / 2**20
        after = [await once(find, -1 - number) for number in range(20)]
        await catalogs.DeleteCatalog(catalog_pb.DeleteCatalogRequest(catalog="overload"), timeout=30)

    assert {"OK", "RESOURCE_EXHAUSTED"} == set(codes(outcomes)), codes(outcomes)
    assert len(of_code(outcomes)) > 0
    assert {"OK"} == set(codes(beside)) == set(codes(after))
    assert {(Reason.OVERLOADED, "search")} == {(each.reason, each.metadata["share"]) for each in refusals}
    assert all(each.retry_after_ms >= 500 for each in refusals)
    assert grown_mib < GROWN_MIB_MAX
    assert {name: before[name]["pid"] for name in PARTS} == {
        name: each["pid"] for name, each in suite.status().items()
    }
