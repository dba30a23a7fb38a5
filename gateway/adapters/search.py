"""The search room, as the core's Index."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import grpc

from gateway.adapters.retrievals import search_request
from gateway.core.model.catalog import CatalogFacts, PlannedWrite, ProductRecord, StoredVector
from gateway.core.model.ranking import Curve
from gateway.core.model.retrieval import Facet, Hit, Hits, Interval, Retrieval
from gateway.core.model.writes import Written
from gateway.core.upgrade.model import Beside
from gateway.translate.catalogs import calibration
from gateway.translate.catalogs import curves as curves_of
from triptych.internal.v1 import search_service_pb2 as pb
from triptych.internal.v1 import search_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.runtime.errors import from_status
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space

# How long a catalogue's facts are remembered.
FACTS_MEMORY_S = 5.0


# Brings the vectors of products by the pack beside the one that serves; None where there is none.
BesideOf = Callable[[str, Sequence[ProductRecord]], Awaitable[Beside | None]]


class SearchRoom:
    """Calls the search room over *channel*; *beside* is asked at every write."""

    def __init__(self, channel: grpc.aio.Channel, beside: BesideOf | None = None) -> None:
        self._beside = beside
        self._stub: pb_grpc.SearchServiceAsyncStub = pb_grpc.SearchServiceStub(channel)
        self._facts: dict[str, tuple[float, CatalogFacts]] = {}

    async def search(self, retrieval: Retrieval) -> Hits:
        """See the port."""
        response = await call("search", self._stub.Search, search_request(retrieval))
        return Hits(
            tuple(hit(message, with_vectors=retrieval.with_vectors) for message in response.hits),
            retrieval.space,
            response.index.name,
            response.index.space,
            tuple(facet(message) for message in response.facets),
            response.total_size,
            response.total_size_is_exact,
        )

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[Written | TriptychError]:
        """See the port."""
        beside = await self._beside(catalog, products) if self._beside else None
        request = pb.WriteProductsRequest(
            catalog=catalog,
            spaces=spaces_message(spaces),
            products=[record_message(product) for product in products],
            beside=beside_message(beside) if beside else None,
        )
        response = await call("search", self._stub.WriteProducts, request)
        return [
            from_status(outcome) if outcome.code else written(each)
            for outcome, each in zip(response.outcomes, response.written, strict=True)
        ]

    async def plan(
        self, catalog: str, products: Sequence[ProductRecord]
    ) -> tuple[list[PlannedWrite | Written | TriptychError], Mapping[SpaceKind, Space]]:
        """See the port."""
        request = pb.PlanWritesRequest(catalog=catalog, products=[record_message(each) for each in products])
        response = await call("search", self._stub.PlanWrites, request)
        return [planned(each) for each in response.plans], spaces_of(response.spaces)

    async def read(
        self, catalog: str, ids: Sequence[str], *, with_vectors: bool, bounded: bool = False
    ) -> list[ProductRecord]:
        """See the port."""
        request = pb.ReadProductsRequest(catalog=catalog, ids=ids, with_vectors=with_vectors, bounded=bounded)
        response = await call("search", self._stub.ReadProducts, request)
        return [record(message) for message in response.products]

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """See the port."""
        request = pb.RemoveProductsRequest(catalog=catalog, ids=ids)
        response = await call("search", self._stub.RemoveProducts, request)
        return list(response.missing_ids)

    async def corrected(self, catalog: str, text: str) -> str:
        """See the port."""
        request = pb.CorrectWordsRequest(catalog=catalog, text=text)
        response = await call("search", self._stub.CorrectWords, request)
        return str(response.text)

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """See the port."""
        request = pb.CompleteWordsRequest(catalog=catalog, text=text, limit=limit)
        response = await call("search", self._stub.CompleteWords, request)
        return [(each.text, each.product_count) for each in response.completions]

    async def facts(self, catalog: str, *, fresh: bool = False) -> CatalogFacts:
        """See the port."""
        known = self._facts.get(catalog)
        if not fresh and known is not None and time.monotonic() < known[0]:
            return known[1]
        request = pb.DescribeCatalogRequest(catalog=catalog)
        response = await call("search", self._stub.DescribeCatalog, request)
        facts = facts_of(response)
        self._facts[catalog] = time.monotonic() + FACTS_MEMORY_S, facts
        return facts

    async def set_calibration(self, catalog: str, curves: Mapping[str, Curve]) -> None:
        """See the port."""
        request = pb.SetCalibrationRequest(catalog=catalog, calibration=calibration(curves))
        await call("search", self._stub.SetCalibration, request)
        self._facts.pop(catalog, None)


def spaces_message(spaces: Mapping[SpaceKind, Space]) -> list[pb.SpaceOfKind]:
    """Return what is to be known of the spaces of vectors."""
    return [
        pb.SpaceOfKind(kind=types_pb2.SearchSpace.ValueType(kind), space=wire.space_message(space))
        for kind, space in spaces.items()
    ]


def spaces_of(messages: Iterable[pb.SpaceOfKind]) -> dict[SpaceKind, Space]:
    """Return the spaces of vectors, by kind."""
    return {SpaceKind(each.kind): wire.space_of(each.space) for each in messages}


def facts_of(message: pb.DescribeCatalogResponse) -> CatalogFacts:
    """Return what a catalogue's products can be filtered by, and its calibration."""
    return CatalogFacts(
        {name: tuple(kinds.kinds) for name, kinds in message.attributes.items()},
        curves_of(message.calibration),
    )


def beside_message(beside: Beside) -> pb.ProductsBeside:
    """Return vectors of products by another pack."""
    return pb.ProductsBeside(
        spaces=spaces_message(beside.spaces),
        products=[
            pb.VectorsBeside(id=each, vectors=[vector_of_product(vector) for vector in vectors])
            for each, vectors in beside.vectors.items()
        ],
    )


def vector_of_product(vector: StoredVector) -> pb.ProductVector:
    """Return a vector of a product in its wire form."""
    return pb.ProductVector(
        kind=types_pb2.SearchSpace.ValueType(vector.kind),
        view=vector.view,
        vector=wire.vector_message(vector.vector.values, vector.vector.space),
    )


def hit(message: pb.Hit, *, with_vectors: bool) -> Hit:
    """Return a product that was found."""
    return Hit(
        id=message.id,
        product=message.product,
        similarity=message.similarity if message.HasField("similarity") else None,
        view=message.view,
        vector=wire.vector_of(message.vector) if with_vectors and message.HasField("vector") else None,
        elsewhere={SpaceKind(each.space): each.similarity for each in message.similarities},
        lexical=message.lexical if message.HasField("lexical") else None,
        score=message.score,
        vector_score=message.vector_score if message.HasField("vector_score") else None,
        rescored=message.rescored if message.HasField("rescored") else None,
        exact_match=message.exact_match,
        conditions=tuple(message.conditions),
        group_id=message.group_id,
        group_others=message.group_others,
    )


def facet(message: search_pb.Facet) -> Facet:
    """Return the counts of a field."""
    return Facet(
        message.field, tuple((facet_value(each), each.count) for each in message.values), message.is_exact
    )


def facet_value(message: search_pb.FacetValue) -> str | float | bool | Interval:
    """Return a value that was counted."""
    kind = message.WhichOneof("value")
    if kind == "interval":
        interval = message.interval
        return Interval(
            getattr(interval, "from") if interval.HasField("from") else None,
            interval.to if interval.HasField("to") else None,
        )
    value: str | float | bool = getattr(message, kind or "text")
    return value


def record_message(product: ProductRecord) -> pb.ProductRecord:
    """Return a product in its wire form."""
    return pb.ProductRecord(
        id=product.id,
        product=product.record,
        vectors=[vector_of_product(vector) for vector in product.vectors],
        terms=pb.WriteTerms(
            paths=product.terms.paths,
            mode=types_pb2.WriteMode.ValueType(product.terms.mode),
            etag=product.terms.etag,
            base_etag=product.terms.base_etag,
            request=product.terms.request,
            overrides=product.terms.overrides,
        ),
    )


def record(message: pb.ProductRecord) -> ProductRecord:
    """Return a product from its wire form."""
    vectors = tuple(
        StoredVector(SpaceKind(v.kind), v.view, wire.vector_of(v.vector)) for v in message.vectors
    )
    return ProductRecord(message.id, message.product, vectors, message.etag)


def written(message: pb.Written) -> Written:
    """Return what there is after a write."""
    return Written(message.etag, message.superseded, tuple(message.superseded_paths))


def planned(message: pb.PlannedWrite) -> PlannedWrite | Written | TriptychError:
    """Return what would become of a product."""
    if message.error.code:
        return from_status(message.error)
    if message.HasField("written"):
        return written(message.written)
    return PlannedWrite(record(message.record), tuple(message.superseded_paths))
