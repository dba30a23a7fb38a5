"""A shop in memory, for tests of what is found in it."""

from collections.abc import Mapping, Sequence

import numpy as np
from google.protobuf.struct_pb2 import Value
from google.type.money_pb2 import Money

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.core.model import Found, Row, RowKey
from services.search.core.query import SearchQuery
from services.search.core.searcher import Searcher
from services.search.core.stores import Stores
from services.search.translate_facts import facts_of
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.vectors import Space, Vector

PACK = "p-1"


def packed(product_id: str, *, price: float | None = None, **fields: object) -> bytes:
    """Return a serialised product; what is no field of it is an attribute."""
    known = {name: value for name, value in fields.items() if name in Product.DESCRIPTOR.fields_by_name}
    product = Product(id=product_id, **known)
    if price is not None:
        cents = round(price * 100)
        product.price.CopyFrom(Money(currency_code="EUR", units=cents // 100, nanos=cents % 100 * 10**7))
    for name, value in fields.items():
        if name not in known:
            product.attributes[name].CopyFrom(_value(value))
    return product.SerializeToString()


def _value(value: object) -> Value:
    match value:
        case bool():
            return Value(bool_value=value)
        case str():
            return Value(string_value=value)
        case int() | float():
            return Value(number_value=value)
    message = Value()
    message.list_value.extend(value)
    return message


class MemoryShop:
    """A catalogue "shop" of vectors of any length, and short ways to fill it and to search it."""

    def __init__(
        self,
        dimension: int = 2,
        metric: SimilarityMetric = SimilarityMetric.COSINE,
        index: InMemoryIndex | None = None,
    ) -> None:
        self.index = index or InMemoryIndex()
        self.words = InMemoryLexicalIndex()
        self.stores = Stores(self.index, self.words, InMemoryFieldIndex(self.words), facts_of)
        self.searcher = Searcher(self.stores)
        self._dimension, self._metric = dimension, metric

    def space(self, kind: SpaceKind) -> Space:
        return Space(f"{PACK}/{kind.name.lower()}", self._dimension, self._metric, unit_length=False)

    async def put(
        self,
        product_id: str,
        fused: Sequence[float] | None,
        views: Mapping[SpaceKind, Sequence[Sequence[float]]] | None = None,
        **fields: object,
    ) -> None:
        """Write a product; without a fused vector it has words and no record."""
        product = packed(product_id, **fields)
        facts = facts_of(product)
        await self.words.write("shop", {product_id: facts})
        fused_views = {SpaceKind.FUSED: [fused]} if fused is not None else {}
        for kind, vectors in {**fused_views, **(views or {})}.items():
            collection = await self.index.create("shop", kind, self.space(kind))
            if kind is SpaceKind.FUSED:
                kinds = {name: frozenset({_kind(value)}) for name, value in facts.attributes.items()}
                await self.index.add_attributes(collection, kinds)
            rows = [
                Row(RowKey(product_id, view), product, np.array(values, np.float32), facts)
                for view, values in enumerate(vectors)
            ]
            await self.index.upsert(collection, rows)

    async def search(self, values: Sequence[float] | None = None, limit: int = 10, **wishes: object) -> Found:
        vector = None if values is None else Vector(np.array(values, np.float32), f"{PACK}/text")
        query = {"space": SpaceKind.FUSED, "metric": self._metric} | wishes
        return await self.searcher.search(SearchQuery("shop", limit=limit, vector=vector, **query))

    async def ids(
        self, values: Sequence[float] | None = None, limit: int = 10, **wishes: object
    ) -> list[str]:
        return [hit.id for hit in (await self.search(values, limit, **wishes)).hits]


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", tuple: "strings"}.get(type(value), "number")


def at(cosine: float) -> list[float]:
    """Return a vector of length 1 that has this cosine with [1, 0]."""
    return [cosine, float(np.sqrt(max(0.0, 1 - cosine * cosine)))]
