"""The suite after the worst: everything killed at once. Runs last, for it stops the suite that others share."""

import os
import signal
import time

import grpc
import psutil
import pytest
from pymilvus.grpc_gen.milvus_pb2 import DescribeCollectionRequest, ShowCollectionsRequest
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceStub

from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb


def processes_of(suite) -> list[psutil.Process]:
    """Every process that belongs to this suite, however it was started."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        ours = environment.get("TRIPTYCH_STATE") == str(suite.folder)
        if ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def is_there(shop, product_id) -> bool:
    """Whether the product can be read."""
    request = catalog_pb.GetProductRequest(catalog=shop.catalog, id=product_id)
    try:
        return shop.catalog_stub.GetProduct(request, timeout=60).product.id == product_id
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return False


def channels(suite) -> list[str]:
    """The channels of Milvus's log in which its collections are written."""
    with grpc.insecure_channel(f"127.0.0.1:{suite.environment['TRIPTYCH_MILVUS_PORT']}") as channel:
        milvus = MilvusServiceStub(channel)
        names = milvus.ShowCollections(ShowCollectionsRequest()).collection_names
        described = [milvus.DescribeCollection(DescribeCollectionRequest(collection_name=n)) for n in names]
    return [name for collection in described for name in collection.physical_channel_names]


@pytest.mark.slow
def test_no_two_collections_share_a_channel_of_the_log(suite, shop):
    """Milvus 2.3.5 may skip the rows of the second one on a restart (milvus-io/milvus#34255)."""
    found = channels(suite)

    assert len(found) > 1
    assert sorted(set(found)) == sorted(found)


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_everything_is_killed(suite, shop):
    """Kill -9 of all processes, supervisor included; after `up` every product is there."""
    suite.wait_until_healthy()
    killed = processes_of(suite)
    for process in killed:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(killed, timeout=20)

    suite.up()

    # Milvus may answer before all that it has on disk is back in memory.
    end = time.monotonic() + 90
    ids = sorted(shop.items)
    for product_id in ids[:: len(ids) // 20]:
        while not is_there(shop, product_id):
            assert time.monotonic() < end, f"{product_id} is lost"
            time.sleep(1)
    while len(found := shop.find(pb.QueryPart(text="mug"), page_size=100).results) < 100:
        assert time.monotonic() < end, f"only {len(found)} products are found"
        time.sleep(1)


@pytest.mark.slow
def test_an_ingest_that_was_complete_is_not_repeated(suite, shop):
    """What was acknowledged before the crash needs no second sending."""
    done = suite.run(
        "ingest", shop.folder / "products.jsonl", "--catalog", shop.catalog, "--address", suite.address
    )

    assert f"{len(shop.items)} of them from an earlier run" in done.stdout


@pytest.mark.slow
def test_down_leaves_no_process_behind(suite):
    """Not one."""
    assert processes_of(suite)

    assert 0 == suite.run("down").returncode

    assert [] == processes_of(suite)
    assert {"DOWN"} == {part["state"] for part in suite.status().values()}
