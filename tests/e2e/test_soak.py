"""Writers and readers go on while every part is killed at random, and nothing that was acknowledged is lost.

Short in CI; `make soak` kills thirty times and more (TRIPTYCH_SOAK_KILLS, TRIPTYCH_SOAK_SEED).
"""

import os
import random
import time
from collections import Counter

import grpc
import pytest
from conftest import PARTS
from soak import TENANTS, Reader, Writer, checksum, stored

from triptych.client import Client as Sdk
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc

KILLS = int(os.environ.get("TRIPTYCH_SOAK_KILLS", "5"))
SEED = int(os.environ.get("TRIPTYCH_SOAK_SEED", "7"))
# In the short form each of what keeps or moves data, once.
ALWAYS = ("search", "gateway", "triton", "milvus", "encoder")
WRITERS_PER_TENANT = 2


def victims(rng: random.Random) -> list[str]:
    """Return what is killed, in order."""
    return [*ALWAYS[:KILLS], *(rng.choice(PARTS) for _ in range(KILLS - len(ALWAYS)))]


@pytest.mark.slow
# Milvus takes most of a minute to come back on a machine that does other things.
@pytest.mark.timeout(300 + 60 * KILLS)
def test_nothing_acknowledged_is_lost(suite):
    """No write lost, none twice, no product in another's catalogue, no answer of mixed spaces, whatever is killed."""
    suite.wait_until_healthy()
    with Sdk(suite.address) as client:
        for tenant in TENANTS:
            client.create_catalog(tenant)
    rng = random.Random(SEED)
    writers = [
        Writer(suite.address, tenant, 10 * place + n)
        for place, tenant in enumerate(TENANTS)
        for n in range(WRITERS_PER_TENANT)
    ]
    readers = [Reader(suite.address, tenant, 100 + n) for n, tenant in enumerate(TENANTS)]
    for each in (*writers, *readers):
        each.start()
    killed = []
    try:
        time.sleep(3)
        for victim in victims(rng):
            suite.kill(victim)
            killed.append(victim)
            time.sleep(rng.uniform(0.5, 3))
            # Now and then the next is killed before the last one is back.
            if rng.random() < 0.7:
                suite.wait_until_healthy()
                time.sleep(rng.uniform(0.5, 2))
        suite.wait_until_healthy()
        time.sleep(2)
    finally:
        for each in (*writers, *readers):
            each.stopping.set()
        for each in (*writers, *readers):
            each.join(300)

    report(killed, writers, readers)
    assert not any(each.is_alive() for each in (*writers, *readers))
    wrong = Counter(each for client in (*writers, *readers) for each in client.told.wrong)
    assert {} == dict(wrong.most_common(20))
    compare(suite, writers)


def report(killed, writers, readers):
    """Print what was done and told."""
    print(f"\nkilled {len(killed)} times, seed {SEED}: {' '.join(killed)}")
    for each in (*writers, *readers):
        print(f"{type(each).__name__.lower()} of {each.catalog}: {dict(each.told.codes)}")


def compare(suite, writers):
    """Compare the books with what is stored, and with what stands beside the records."""
    with grpc.insecure_channel(suite.address) as channel, Sdk(channel=channel) as client:
        for tenant in TENANTS:
            expected = {k: v for each in writers if each.catalog == tenant for k, v in each.book.items()}
            found, count = stored(catalog_grpc.CatalogServiceStub(channel), tenant)
            print(
                f"{tenant}: {len(expected)} acknowledged, {count} kept, {checksum(expected)} {checksum(found)}"
            )
            assert expected == found
            assert len(expected) == count
            # What a killed write left beside the records is mended; then all is whole.
            left = [
                each for page in client.check(catalog=tenant, repair=True) for each in page.inconsistencies
            ]
            print(f"{tenant}: {len(left)} left behind by what was killed, all mended")
            assert all(each.repaired for each in left), left
            assert [] == [each for page in client.check(catalog=tenant) for each in page.inconsistencies]
            client.delete_catalog(tenant)
