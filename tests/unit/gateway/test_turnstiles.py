"""Which requests share a limit."""

from google.protobuf import descriptor_pool

from gateway.settings import GatewaySettings
from gateway.turnstiles import SEARCHES, WRITES, turnstile, turnstiles
from triptych.v1 import catalog_service_pb2, feedback_service_pb2, product_search_service_pb2

MODULES = (catalog_service_pb2, feedback_service_pb2, product_search_service_pb2)


def test_every_method_that_is_named_there_is():
    """And none of them is a stream, which has bounds of its own."""
    assert MODULES
    for service, methods in {**SEARCHES, **WRITES}.items():
        known = descriptor_pool.Default().FindServiceByName(service).methods_by_name
        assert set(methods) <= set(known)
        assert not [name for name in methods if known[name].client_streaming]


def test_every_search_has_a_limit():
    """Whatever the search service learns to do."""
    (service,) = SEARCHES
    known = descriptor_pool.Default().FindServiceByName(service).methods_by_name

    assert set(SEARCHES[service]) == set(known)


def test_there_is_room_for_what_passes_by():
    """Searches and writes together never take all that may be in flight, and a small gateway has a place for each."""
    for most in (2, 10, 256, 10_000):
        settings = GatewaySettings(requests_in_flight_max=most)
        shares = [turnstile("search", 4, 0.6, settings), turnstile("write", 8, 0.25, settings)]

        assert all(1 <= each.limit.least <= each.limit.value <= each.limit.most for each in shares)
        assert sum(each.limit.most for each in shares) <= most


def test_searches_share_one_and_writes_another():
    """Neither keeps the other out."""
    made = turnstiles(GatewaySettings())._turnstiles
    by_share = {}
    for method, each in made.items():
        by_share.setdefault(each.share, set()).add(id(each))
        assert ("search" if "ProductSearchService" in method else "write") == each.share

    assert {"search": 1, "write": 1} == {share: len(several) for share, several in by_share.items()}
