"""SearchService as a client meets it: over gRPC, on the index in memory."""

import grpc
import numpy as np
import pytest
from google.protobuf.struct_pb2 import Value
from grpc_status import rpc_status

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.main import room_of
from services.search.settings import SearchSettings
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.internal.v1.search_service_pb2_grpc import SearchServiceStub
from triptych.internal.v1.space_pb2 import Space
from triptych.runtime.errors import from_status
from triptych.runtime.serve import serving
from triptych.v1 import types_pb2 as types
from triptych.v1.catalog_service_pb2 import Calibration
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import pack

FUSED, IMAGE = types.SEARCH_SPACE_FUSED, types.SEARCH_SPACE_IMAGE
COSINE, EUCLIDEAN = types.SIMILARITY_METRIC_COSINE, types.SIMILARITY_METRIC_EUCLIDEAN
NAMES = {FUSED: "fused", IMAGE: "image"}


class RecordingIndex(InMemoryIndex):
    """Notes how fresh each read was to be."""

    def __init__(self):
        super().__init__()
        self.reads = []

    async def read(self, collection, keys, *, with_vectors, fresh=True):
        self.reads.append(fresh)
        return await super().read(collection, keys, with_vectors=with_vectors, fresh=fresh)


@pytest.fixture
def index():
    return RecordingIndex()


@pytest.fixture
async def stub(index):
    settings = SearchSettings(port=0, metrics_port=0, drain_ms=0, grace_ms=0)
    lexical = InMemoryLexicalIndex()
    room = room_of(index, lexical, InMemoryFieldIndex(lexical))
    async with (
        serving(room, settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield SearchServiceStub(channel)


def vector(values, kind=FUSED, dimension=None, space=""):
    return types.Vector(
        data=pack(np.array(values)), dimension=dimension or len(values), space=space or f"p-1/{NAMES[kind]}"
    )


def product(product_id, fused, images=()):
    return messages.ProductRecord(
        id=product_id,
        product=types.Product(id=product_id, title="蓝顶房子").SerializeToString(),
        vectors=[
            messages.ProductVector(kind=FUSED, vector=fused),
            *(
                messages.ProductVector(kind=IMAGE, view=view, vector=vector(each, IMAGE))
                for view, each in enumerate(images)
            ),
        ],
    )


def write_request(*products):
    spaces = [
        messages.SpaceOfKind(
            kind=kind, space=Space(id=f"p-1/{name}", dimension=2, metric=COSINE, unit_length=True)
        )
        for kind, name in NAMES.items()
    ]
    return messages.WriteProductsRequest(catalog="shop", spaces=spaces, products=products)


def search_request(query, **wishes):
    return messages.SearchRequest(
        **{"catalog": "shop", "query": query, "space": FUSED, "metric": COSINE, "limit": 10} | wishes
    )


async def refusal(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = from_status(rpc_status.from_call(caught.value))
    return caught.value.code(), error.reason, error.field


async def test_written_products_are_found_read_and_removed(stub):
    """A product's life, from its first write to its removal."""
    await stub.WriteProducts(
        write_request(product("a", vector([1, 0]), [[0, 1], [1, 0]]), product("b", vector([0, 1])))
    )

    found = await stub.Search(
        search_request(vector([1, 0]), space=IMAGE, metric=EUCLIDEAN, with_vectors=True)
    )
    assert [("a", 1, 0.0)] == [(hit.id, hit.view, hit.similarity) for hit in found.hits]
    assert vector([1, 0], IMAGE) == found.hits[0].vector
    assert "蓝顶房子" == types.Product.FromString(found.hits[0].product).title
    assert "p-1/image" == found.index.space

    read = await stub.ReadProducts(
        messages.ReadProductsRequest(catalog="shop", ids=["b", "x", "a"], with_vectors=True)
    )
    assert ["b", "a"] == [each.id for each in read.products]
    assert vector([0, 1]) == read.products[0].vectors[0].vector

    removed = await stub.RemoveProducts(messages.RemoveProductsRequest(catalog="shop", ids=["x", "a"]))
    assert ["x"] == list(removed.missing_ids)
    assert ["b"] == [hit.id for hit in (await stub.Search(search_request(vector([1, 0])))).hits]


async def test_only_a_bounded_read_may_be_behind(stub, index):
    """Unless it says so, a read sees every write that was acknowledged."""
    await stub.WriteProducts(write_request(product("a", vector([1, 0]))))
    index.reads.clear()

    for wishes in ({}, {"bounded": True}, {"bounded": False}):
        read = await stub.ReadProducts(messages.ReadProductsRequest(catalog="shop", ids=["a"], **wishes))
        assert ["a"] == [each.id for each in read.products]

    assert [True, False, True] == index.reads


@pytest.mark.parametrize(
    ("broken", "reason", "field"),
    [
        (vector([np.nan, 0]), Reason.VECTOR_INVALID, "vectors[0].vector.data"),
        (vector([1, 0], dimension=3), Reason.DIMENSION_MISMATCH, "vectors[0].vector.data"),
        (vector([1, 0, 0]), Reason.DIMENSION_MISMATCH, "vectors[0].vector.dimension"),
        (vector([1, 0], space="q-1/fused"), Reason.SPACE_MISMATCH, "vectors[0].vector.space"),
    ],
)
async def test_a_broken_product_has_its_own_outcome(stub, broken, reason, field):
    """The others of the batch are stored."""
    response = await stub.WriteProducts(
        write_request(product("a", vector([1, 0])), product("b", broken), product("c", vector([1, 0])))
    )

    assert [0, grpc.StatusCode.INVALID_ARGUMENT.value[0], 0] == [each.code for each in response.outcomes]
    error = from_status(response.outcomes[1])
    assert (reason, field) == (error.reason, error.field)
    found = await stub.Search(search_request(vector([1, 0])))
    assert ["a", "c"] == [hit.id for hit in found.hits]


@pytest.mark.parametrize(
    ("query", "reason", "field"),
    [
        (vector([np.inf, 0]), Reason.VECTOR_INVALID, "query.data"),
        (vector([0, 0]), Reason.VECTOR_INVALID, "query.data"),
        (vector([1, 0], dimension=4), Reason.DIMENSION_MISMATCH, "query.data"),
        (vector([1, 0, 0]), Reason.DIMENSION_MISMATCH, "query.dimension"),
        (vector([1, 0], space="q-1/text"), Reason.SPACE_MISMATCH, "query.space"),
        (vector([1, 0], space="p-1"), Reason.SPACE_MISMATCH, "query.space"),
    ],
)
async def test_a_query_that_fits_nothing_is_refused(stub, query, reason, field):
    """A vector that cannot be compared is never searched with."""
    await stub.WriteProducts(write_request(product("a", vector([1, 0]))))

    expected = (grpc.StatusCode.INVALID_ARGUMENT, reason, field)
    assert expected == await refusal(stub.Search(search_request(query)))


async def test_a_product_that_is_none_has_its_own_outcome(stub):
    """Bytes that cannot be read, and an attribute that cannot be compared, are refused where they come in."""
    broken, odd = product("b", vector([1, 0])), product("c", vector([1, 0]))
    broken.product = b"\xff\xff"
    odd.product = types.Product(attributes={"x": Value(null_value=0)}).SerializeToString()

    response = await stub.WriteProducts(write_request(product("a", vector([1, 0])), broken, odd))

    assert [0, 3, 3] == [each.code for each in response.outcomes]
    errors = [from_status(each) for each in response.outcomes[1:]]
    assert [(Reason.MALFORMED_REQUEST, "product"), (Reason.FIELD_INVALID, 'attributes["x"]')] == [
        (each.reason, each.field) for each in errors
    ]
    found = await stub.Search(search_request(vector([1, 0])))
    assert ["a"] == [hit.id for hit in found.hits]


async def test_a_catalogue_is_described(stub):
    """The attributes of what was written, and the calibration as long as there is one."""
    attributed = product("a", vector([1, 0]))
    attributed.product = types.Product(
        attributes={"x": Value(number_value=1), "y": Value(string_value="s")}
    ).SerializeToString()
    await stub.WriteProducts(write_request(attributed))
    calibration = Calibration(curves={"any": Calibration.Curve(intercept=0.1, weights={"gap": -1 / 3})})
    request = messages.DescribeCatalogRequest(catalog="shop")

    described = await stub.DescribeCatalog(request)
    assert {"x": ["number"], "y": ["string"]} == {
        name: list(each.kinds) for name, each in described.attributes.items()
    }
    assert not described.HasField("calibration")

    await stub.SetCalibration(messages.SetCalibrationRequest(catalog="shop", calibration=calibration))
    assert calibration == (await stub.DescribeCatalog(request)).calibration

    await stub.SetCalibration(messages.SetCalibrationRequest(catalog="shop"))
    assert not (await stub.DescribeCatalog(request)).HasField("calibration")


async def test_an_unknown_catalogue_is_not_found(stub):
    """Each RPC that needs a catalogue says that there is none."""
    expected = (grpc.StatusCode.NOT_FOUND, Reason.CATALOG_NOT_FOUND, "catalog")
    for call in (
        stub.Search(search_request(vector([1, 0]))),
        stub.ReadProducts(messages.ReadProductsRequest(catalog="shop", ids=["a"])),
        stub.RemoveProducts(messages.RemoveProductsRequest(catalog="shop", ids=["a"])),
        stub.DescribeCatalog(messages.DescribeCatalogRequest(catalog="shop")),
        stub.SetCalibration(messages.SetCalibrationRequest(catalog="shop")),
    ):
        assert expected == await refusal(call)


async def test_a_space_named_twice_is_refused(stub):
    """A request must say one thing of each kind of vector."""
    request = write_request(product("a", vector([1, 0])))
    request.spaces.append(request.spaces[0])

    expected = (grpc.StatusCode.INVALID_ARGUMENT, Reason.FIELD_INVALID, "spaces[2].kind")
    assert expected == await refusal(stub.WriteProducts(request))


async def test_hits_are_compared_in_the_spaces_asked_for(stub):
    """A search brings the similarity in other spaces on request, and only then."""
    await stub.WriteProducts(write_request(product("a", vector([1, 0]), images=[[0, 1], [0.6, 0.8]])))
    request = messages.SearchRequest(
        catalog="shop", query=vector([1, 0]), space=FUSED, metric=COSINE, limit=5, compared_spaces=[IMAGE]
    )

    compared = (await stub.Search(request)).hits[0].similarities
    request.ClearField("compared_spaces")

    assert [(IMAGE, pytest.approx(0.6))] == [(each.space, each.similarity) for each in compared]
    assert [] == list((await stub.Search(request)).hits[0].similarities)


async def test_catalogues_are_listed(stub):
    """Each catalogue is told by name, with its spaces."""
    await stub.WriteProducts(write_request(product("a", vector([1, 0]))))

    listed = await stub.ListCatalogs(messages.ListCatalogsRequest())

    assert ["shop"] == [each.catalog for each in listed.catalogs]
    assert [(FUSED, "p-1/fused", 2)] == [
        (each.kind, each.space.id, each.space.dimension) for each in listed.catalogs[0].spaces
    ]
