"""Rows of the collection of a catalogue's words, searched and read."""

from collections.abc import Sequence
from typing import Any

from pymilvus.grpc_gen.common_pb2 import DslType, PlaceholderGroup, PlaceholderType, PlaceholderValue
from pymilvus.grpc_gen.milvus_pb2 import QueryRequest, SearchRequest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal, map_milvus_errors
from services.search.adapters.milvus.lexical.collections import SPARSE, TEXT, name_of
from services.search.adapters.milvus.requests import GUARANTEES, Consistency
from services.search.adapters.milvus.schema import PRODUCT_ID, pairs
from services.search.adapters.milvus.words import decoded
from services.search.metrics import LEXICAL_SECONDS

# The most that Milvus takes as topk.
ROWS_MAX = 16_384


class WordsReader:
    """Asks Milvus for words; *method* is always that of `LexicalIndex` on whose behalf it is asked.

    Args:
        connection: to Milvus.
        consistency: how fresh a search must be.
    """

    def __init__(self, connection: MilvusConnection, *, consistency: Consistency) -> None:
        self._connection = connection
        self._consistency = GUARANTEES[consistency]

    async def search(
        self, method: str, catalog: str, terms: Sequence[str], limit: int, among: str
    ) -> list[tuple[str, float, list[str]]]:
        """Return (id, BM25, words) of the products that have any of *terms*."""
        if not terms:
            return []
        level, timestamp = self._consistency
        request = SearchRequest(
            collection_name=name_of(catalog),
            nq=1,
            placeholder_group=_placeholder(" ".join(terms)),
            dsl=among,
            dsl_type=DslType.BoolExprV1,
            output_fields=[PRODUCT_ID, TEXT] if method == "exact" else [PRODUCT_ID],
            search_params=pairs(
                anns_field=SPARSE,
                metric_type="BM25",
                topk=min(limit, ROWS_MAX),
                round_decimal=-1,
                params="{}",
            ),
            consistency_level=level,
            guarantee_timestamp=timestamp,
        )
        response = await self.call(method, "Search", request)
        if response is None or not response.results.scores:
            return []
        columns = _texts_of(response.results.fields_data, [PRODUCT_ID, TEXT])
        words = [each.split() for each in columns[TEXT]] or [[]] * len(columns[PRODUCT_ID])
        # Milvus Lite gives them below 0; neither has any that are so by themselves.
        scores = map(abs, response.results.scores)
        return list(zip(columns[PRODUCT_ID], scores, words, strict=True))

    async def texts(
        self, method: str, catalog: str, among: str, fields: Sequence[str], limit: int
    ) -> dict[str, list[str]]:
        """Return the columns *fields*, of texts, of rows in the order of their keys."""
        return _texts_of(await self.columns(method, catalog, among, fields, limit, self._consistency), fields)

    async def columns(
        self,
        method: str,
        catalog: str,
        among: str,
        fields: Sequence[str],
        limit: int,
        consistency: tuple[int, int] = GUARANTEES["strong"],
    ) -> Sequence[Any]:
        """Return the columns *fields* of rows in the order of their keys, as Milvus's messages."""
        level, timestamp = consistency
        request = QueryRequest(
            collection_name=name_of(catalog),
            expr=among,
            output_fields=fields,
            query_params=pairs(limit=limit, reduce_stop_for_best=True, iterator=True),
            consistency_level=level,
            guarantee_timestamp=timestamp,
        )
        response = await self.call(method, "Query", request)
        return [] if response is None else response.fields_data

    async def call(self, method: str, of_milvus: str, request: Any) -> Any:
        """Call Milvus; None where the catalogue has no words."""
        with map_milvus_errors(), LEXICAL_SECONDS.labels(method).time():
            try:
                return await self._connection.call(of_milvus, request)
            except MilvusRefusal as refusal:
                if refusal.code == COLLECTION_NOT_FOUND:
                    return None
                raise


def _texts_of(columns: Sequence[Any], fields: Sequence[str]) -> dict[str, list[str]]:
    found = {each.field_name: list(each.scalars.string_data.data) for each in columns}
    texts = {name: found.get(name, []) for name in fields}
    if PRODUCT_ID in texts:
        texts[PRODUCT_ID] = [decoded(each) for each in texts[PRODUCT_ID]]
    return texts


def _placeholder(text: str) -> bytes:
    value = PlaceholderValue(tag="$0", type=PlaceholderType.VarChar, values=[text.encode()])
    return bytes(PlaceholderGroup(placeholders=[value]).SerializeToString())
