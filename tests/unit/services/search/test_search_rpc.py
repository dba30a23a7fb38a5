"""What Search says over gRPC, beside nearness: words, filters, groups, counts, exclusions, orders."""

import grpc
import numpy as np
import pytest
from grpc_status import rpc_status

from services.search.main import room_of
from services.search.settings import SearchSettings
from tests.memory_shop import MemoryShop, at
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.internal.v1.search_service_pb2_grpc import SearchServiceStub
from triptych.internal.v1.space_pb2 import Space
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving
from triptych.v1 import product_search_service_pb2 as public
from triptych.v1 import types_pb2 as types
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import pack

FUSED, IMAGE = types.SEARCH_SPACE_FUSED, types.SEARCH_SPACE_IMAGE
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(scope="module")
async def stub():
    shop = MemoryShop()
    await shop.put(
        "a", at(0.9), {SpaceKind.IMAGE: [at(0.1), at(0.3)]}, title="red lamp", price=5, group_id="g", lit=True
    )
    await shop.put("b", at(0.8), title="blue lamp", price=50, group_id="g", lit=False)
    await shop.put("c", at(0.7), title="table", price=20, brand="A", watts=40)
    settings = SearchSettings(port=0, metrics_port=0, drain_ms=0, grace_ms=0)
    stores = shop.stores
    async with (
        serving(room_of(stores.vectors, stores.words, stores.fields), settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield SearchServiceStub(channel)


def vector(values, space="p-1/text"):
    return types.Vector(data=pack(np.array(values, np.float32)), dimension=len(values), space=space)


def request(**wishes):
    defaults = {
        "catalog": "shop", "query": vector((1, 0)), "space": FUSED, "metric": types.SIMILARITY_METRIC_COSINE, "limit": 10
    }  # fmt: skip
    return messages.SearchRequest(**defaults | wishes)


def text(words, weight=1.0):
    return messages.WeightedText(text=words, weight=weight)


def excluded(values, space="p-1/text"):
    return messages.ExcludedVector(vector=vector(values, space), similarity=0.85, space=FUSED)


async def ids(stub, **wishes):
    return [hit.id for hit in (await stub.Search(request(**wishes))).hits]


async def test_words_and_vectors(stub):
    """Each hit tells its parts: the similarity, BM25, the score and what of it the vector gives."""
    found = await stub.Search(request(texts=[text("table")], lexical_weight=0.5))

    first, second = found.hits[:2]
    assert ("c", pytest.approx(0.5 * 0.7 + 0.5), pytest.approx(0.35)) == (
        first.id,
        first.score,
        first.vector_score,
    )
    assert (True, 0.0) == (second.HasField("lexical"), second.lexical)
    assert first.lexical > 0


@pytest.mark.parametrize("weight", [0.0, 0.5])
@pytest.mark.parametrize("limit", [0, 1, 3])
async def test_only_the_first_bring_their_products(stub, weight, limit):
    """As many as are asked for; nothing else changes."""
    wishes = {"texts": [text("lamp")], "lexical_weight": weight}
    whole = (await stub.Search(request(**wishes))).hits

    found = (await stub.Search(request(**wishes, products_limit=limit))).hits

    assert [each.product for each in whole[:limit]] + [b""] * (3 - limit) == [each.product for each in found]
    assert all(each.product for each in whole)
    for each in (*whole, *found):
        each.ClearField("product")
    assert list(whole) == list(found)


async def test_words_that_do_not_count_are_not_told(stub):
    """What is unset was not looked for."""
    (hit,) = (await stub.Search(request(limit=1, texts=[text("B")]))).hits

    assert ("b", True) == (hit.id, hit.exact_match)
    assert not hit.HasField("lexical")
    assert not hit.HasField("vector_score")


async def test_the_fusion_may_be_of_ranks(stub):
    """Reciprocal ranks in place of scores."""
    found = await stub.Search(
        request(texts=[text("table")], lexical_weight=0.5, hybrid_fusion=types.HYBRID_FUSION_RANKS)
    )

    assert ("c", pytest.approx(0.5 / 63 + 0.5 / 61)) == (found.hits[0].id, found.hits[0].score)


async def test_words_alone(stub):
    """A hit without a query vector has no similarity."""
    query = request(texts=[text("red lamp")])
    query.ClearField("query")

    found = await stub.Search(query)

    assert ["a", "b"] == [hit.id for hit in found.hits]
    assert not found.hits[0].HasField("similarity")


async def test_counts(stub):
    """Values of every kind, intervals open at their ends, and the total."""
    found = await stub.Search(
        request(
            limit=1,
            filter="price < 30",
            counted=True,
            facets=[
                public.FacetSpec(field="brand"),
                public.FacetSpec(field="attributes.lit", exclude_own_filter=True),
                public.FacetSpec(field="attributes.watts"),
                public.FacetSpec(field="price", bounds=[10], exclude_own_filter=True),
            ],
        )
    )

    brand, lit, watts, price = found.facets
    assert (2, True) == (found.total_size, found.total_size_is_exact)
    assert ("brand", True) == (brand.field, brand.is_exact)
    assert [public.FacetValue(text="A", count=1)] == list(brand.values)
    assert [public.FacetValue(boolean=True, count=1)] == list(lit.values)
    assert [public.FacetValue(number=40, count=1)] == list(watts.values)
    assert [
        public.FacetValue(interval=public.Interval(to=10), count=1),
        public.FacetValue(interval=public.Interval(**{"from": 10}), count=2),
    ] == list(price.values)


async def test_no_total_unless_it_is_asked_for(stub):
    """An answer without a total says that it has none."""
    found = await stub.Search(request())

    assert (0, False) == (found.total_size, found.total_size_is_exact)


async def test_groups_orders_conditions_and_exclusions(stub):
    """Every other wish reaches the search."""
    found = await stub.Search(request(grouped=True, conditions=["price < 10"]))
    assert [("a", "g", 1, [True]), ("c", "", 0, [False])] == [
        (hit.id, hit.group_id, hit.group_others, list(hit.conditions)) for hit in found.hits
    ]
    assert ["a", "c", "b"] == await ids(stub, order_by="price")
    assert ["b", "c"] == await ids(stub, excluded_ids=["a"])
    assert ["c"] == await ids(stub, excluded_variants_of=["a"])
    assert ["c"] == await ids(stub, excluded_texts=["lamp"])
    assert ["b", "c"] == await ids(stub, excluded_vectors=[excluded((1, 0))])
    assert ["b", "c"] == await ids(stub, only_ids=["c", "b", "x"])
    assert ["a", "b"] == await ids(stub, filter="NOT price = 20")
    rescored = await stub.Search(request(rescoring=types.SIMILARITY_METRIC_MAHALANOBIS))
    assert 3 == len([hit for hit in rescored.hits if hit.HasField("rescored")])


@pytest.mark.parametrize(
    ("wishes", "reason", "field"),
    [
        ({"filter": "price <"}, Reason.FILTER_INVALID, "filter"),
        ({"conditions": ["price < 5", "colour = 1"]}, Reason.FILTER_INVALID, "conditions[1]"),
        ({"order_by": "brand"}, Reason.FIELD_INVALID, "order_by"),
        ({"facets": [public.FacetSpec(field="nothing")]}, Reason.FIELD_INVALID, "facets[0].field"),
        (
            {"facets": [public.FacetSpec(field="price", bounds=[2, 1])]},
            Reason.FIELD_INVALID,
            "facets[0].bounds",
        ),
        ({"query": None}, Reason.FIELD_INVALID, "order_by"),
        (
            {"query": None, "order_by": "price", "rescoring": types.SIMILARITY_METRIC_COSINE},
            Reason.FIELD_INVALID,
            "rescoring",
        ),
        ({"metric": types.SIMILARITY_METRIC_MAHALANOBIS}, Reason.FIELD_INVALID, "metric"),
        (
            {"excluded_vectors": [excluded((0, 0))]},
            Reason.VECTOR_INVALID,
            "excluded_vectors[0].vector.data",
        ),
        (
            {"excluded_vectors": [excluded((1, 0)), excluded((1, 0), "q-1/text")]},
            Reason.SPACE_MISMATCH,
            "excluded_vectors[1].vector.space",
        ),
        ({"limit": 0}, Reason.FIELD_INVALID, "limit"),
        ({"lexical_weight": 1.5}, Reason.FIELD_INVALID, "lexical_weight"),
        ({"texts": [text("a", 0.0)]}, Reason.FIELD_INVALID, "texts[0].weight"),
    ],
)
async def test_bad_wishes_are_refused_by_name(stub, wishes, reason, field):
    """Each names its field."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Search(request(**wishes))

    error = from_status(rpc_status.from_call(caught.value))
    assert (INVALID, reason, field) == (caught.value.code(), error.reason, error.field)


async def test_words_are_completed(stub):
    """With how many products each text finds; a catalogue that is not there is said so."""
    found = await stub.CompleteWords(messages.CompleteWordsRequest(catalog="shop", text="la", limit=5))

    assert ["lamp"] == [each.text for each in found.completions]
    assert found.completions[0].product_count > 0
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.CompleteWords(messages.CompleteWordsRequest(catalog="nowhere", text="la", limit=5))
    assert grpc.StatusCode.NOT_FOUND == caught.value.code()


async def test_words_are_corrected(stub):
    """What the catalogue does not know becomes what it knows."""
    corrected = await stub.CorrectWords(messages.CorrectWordsRequest(catalog="shop", text="lmap"))
    known = await stub.CorrectWords(messages.CorrectWordsRequest(catalog="shop", text="lamp"))

    assert ("lamp", "") == (corrected.text, known.text)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.CorrectWords(messages.CorrectWordsRequest(catalog="nowhere", text="lamp"))
    assert Reason.CATALOG_NOT_FOUND == from_status(rpc_status.from_call(caught.value)).reason


async def test_a_catalogue_without_records_is_not_made(stub):
    """The space of the records is what makes it one."""
    space = messages.SpaceOfKind(kind=IMAGE, space=Space(id="p-1/image", dimension=2))

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.CreateCatalog(messages.CreateCatalogRequest(catalog="new", spaces=[space]))

    error = from_status(rpc_status.from_call(caught.value))
    assert (INVALID, Reason.FIELD_INVALID, "spaces") == (caught.value.code(), error.reason, error.field)
