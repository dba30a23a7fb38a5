"""The search room, as the core's Index."""

from collections.abc import Mapping, Sequence

import grpc

from gateway.core.model import Hit, Hits, ProductRecord, StoredVector
from triptych.internal.v1 import search_service_pb2 as pb
from triptych.internal.v1 import search_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.runtime.errors import from_status
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space, Vector


class SearchRoom:
    """Calls the search room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.SearchServiceAsyncStub = pb_grpc.SearchServiceStub(channel)

    async def search(
        self,
        catalog: str,
        query: Vector,
        *,
        space: SpaceKind,
        metric: SimilarityMetric,
        limit: int,
        with_vectors: bool = False,
        compared: Sequence[SpaceKind] = (),
    ) -> Hits:
        """See the port."""
        request = pb.SearchRequest(
            catalog=catalog,
            query=wire.vector_message(query.values, query.space),
            space=types_pb2.SearchSpace.ValueType(space),
            metric=types_pb2.SimilarityMetric.ValueType(metric),
            limit=limit,
            with_vectors=with_vectors,
            compared_spaces=[types_pb2.SearchSpace.ValueType(kind) for kind in compared],
        )
        response = await call("search", self._stub.Search, request)
        hits = tuple(hit(message, with_vectors=with_vectors) for message in response.hits)
        return Hits(hits, space, response.index.name, response.index.space)

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[TriptychError | None]:
        """See the port."""
        request = pb.WriteProductsRequest(
            catalog=catalog,
            spaces=[
                pb.SpaceOfKind(kind=types_pb2.SearchSpace.ValueType(kind), space=wire.space_message(space))
                for kind, space in spaces.items()
            ],
            products=[record_message(product) for product in products],
        )
        response = await call("search", self._stub.WriteProducts, request)
        return [from_status(outcome) if outcome.code else None for outcome in response.outcomes]

    async def read(self, catalog: str, ids: Sequence[str], *, with_vectors: bool) -> list[ProductRecord]:
        """See the port."""
        request = pb.ReadProductsRequest(catalog=catalog, ids=ids, with_vectors=with_vectors)
        response = await call("search", self._stub.ReadProducts, request)
        return [record(message) for message in response.products]

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """See the port."""
        request = pb.RemoveProductsRequest(catalog=catalog, ids=ids)
        response = await call("search", self._stub.RemoveProducts, request)
        return list(response.missing_ids)


def hit(message: pb.Hit, *, with_vectors: bool) -> Hit:
    """Return a product that was found."""
    vector = wire.vector_of(message.vector) if with_vectors else None
    elsewhere = {SpaceKind(each.space): each.similarity for each in message.similarities}
    return Hit(message.id, message.product, message.similarity, message.view, vector, elsewhere)


def record_message(product: ProductRecord) -> pb.ProductRecord:
    """Return a product in its wire form."""
    return pb.ProductRecord(
        id=product.id,
        product=product.record,
        vectors=[
            pb.ProductVector(
                kind=types_pb2.SearchSpace.ValueType(v.kind),
                view=v.view,
                vector=wire.vector_message(v.vector.values, v.vector.space),
            )
            for v in product.vectors
        ],
    )


def record(message: pb.ProductRecord) -> ProductRecord:
    """Return a product from its wire form."""
    vectors = tuple(
        StoredVector(SpaceKind(v.kind), v.view, wire.vector_of(v.vector)) for v in message.vectors
    )
    return ProductRecord(message.id, message.product, vectors)
