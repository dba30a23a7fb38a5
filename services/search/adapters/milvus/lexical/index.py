"""The `LexicalIndex` port in Milvus."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pymilvus.grpc_gen.common_pb2 import DslType, PlaceholderGroup, PlaceholderType, PlaceholderValue
from pymilvus.grpc_gen.milvus_pb2 import DeleteRequest, QueryRequest, SearchRequest, UpsertRequest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal, map_milvus_errors
from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.lexical.collections import (
    SPARSE,
    SPELLINGS,
    TEXT,
    WordsCollections,
    name_of,
)
from services.search.adapters.milvus.lexical.rows import (
    columns_of,
    number_term,
    rows_of,
    term_of,
    terms_of,
    values_of,
)
from services.search.adapters.milvus.requests import GUARANTEES, LEVELS, Consistency
from services.search.adapters.milvus.rows import expression, primary_key
from services.search.adapters.milvus.schema import KEY, PRODUCT_ID, pairs
from services.search.adapters.milvus.words import decoded
from services.search.adapters.spelling import Vocabulary, corrected, suspects
from services.search.adapters.words import stem
from services.search.core.filters.model import Filter
from services.search.core.model import Facts, RowKey
from services.search.metrics import LEXICAL_SECONDS
from triptych.vocabulary import choices

# The most that Milvus takes as topk.
ROWS_MAX = 16_384
# So many more are asked for than are wanted: of equals Milvus chooses as it likes, and here the first ids come first.
TIES = 100
# How many products of one id or article number there can be.
EXACT_MAX = 1_000
# How long words that were written lately may be missing among those that are offered, and from how many products these
# are taken.
VOCABULARY_S = 600.0
VOCABULARY_PRODUCTS_MAX = 200_000


class MilvusLexicalIndex:
    """Implements `LexicalIndex`.

    Args:
        connection: to Milvus.
        collections: for words.
        consistency: how fresh a search must be.
    """

    def __init__(
        self, connection: MilvusConnection, collections: WordsCollections, *, consistency: Consistency
    ) -> None:
        self._connection = connection
        self._collections = collections
        self._consistency = GUARANTEES[consistency]
        self._vocabularies: dict[str, tuple[float, Vocabulary]] = {}
        self._counting = asyncio.Lock()

    def seeing(self, consistency: choices.Consistency) -> "MilvusLexicalIndex":
        """Return the same index at another level."""
        return MilvusLexicalIndex(self._connection, self._collections, consistency=LEVELS[consistency])

    async def complete_catalogs(self) -> set[str]:
        """Return the catalogues whose collections are marked."""
        with map_milvus_errors():
            return await self._collections.completed()

    async def complete(self, catalog: str) -> None:
        """Mark the collection."""
        with map_milvus_errors():
            await self._collections.made(catalog)
            await self._collections.complete(catalog)

    async def forget(self, catalog: str) -> None:
        """Drop the collection."""
        with map_milvus_errors():
            await self._collections.drop(catalog)

    async def warm_up(self) -> None:
        """Load every collection."""
        with map_milvus_errors():
            await self._collections.warm_up()

    async def write(self, catalog: str, products: Mapping[str, Facts]) -> None:
        """Upsert rows."""
        if not products:
            return
        columns = await asyncio.to_thread(columns_of, products)
        with map_milvus_errors():
            await self._collections.made(catalog)
            request = UpsertRequest(
                collection_name=name_of(catalog), num_rows=len(products), fields_data=columns
            )
            await self._connection.call("Upsert", request)

    async def remove(self, catalog: str, ids: Sequence[str]) -> None:
        """Delete rows."""
        if ids:
            request = DeleteRequest(collection_name=name_of(catalog), expr=_among(ids))
            await self._call("remove", "Delete", request)

    async def ids_after(self, catalog: str, product_id: str, limit: int) -> list[str]:
        """Query keys in their order."""
        last = primary_key(RowKey(product_id, 0)) if product_id else ""
        columns = await self._read("ids_after", catalog, f'{KEY} > "{last}"', [PRODUCT_ID], limit)
        return [decoded(each) for each in values_of(columns, PRODUCT_ID)]

    async def differing(self, catalog: str, products: Mapping[str, Facts]) -> set[str]:
        """Query the rows of *products* and compare them with what would be written."""
        expected = await asyncio.to_thread(lambda: rows_of(columns_of(products)))
        names = list(next(iter(expected.values()), ()))
        found = rows_of(await self._read("differing", catalog, _among(list(products)), names, len(products)))
        return {each for each in products if found.get(each) != expected[each]}

    async def match(
        self, catalog: str, text: str, limit: int, among: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Search by BM25."""
        passes = "" if among is None else expression_of(among)
        found = await self._search("match", catalog, terms_of(text), limit + TIES, passes)
        scores = [(each, score) for each, score, _ in found]
        return sorted(scores, key=lambda each: (-each[1], each[0]))[:limit]

    async def scores(self, catalog: str, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Search by BM25 among *ids*."""
        if not ids:
            return {}
        found = await self._search("scores", catalog, terms_of(text), len(ids), _among(ids))
        return {each: score for each, score, _ in found}

    async def exact(self, catalog: str, text: str, among: Filter | None = None) -> list[str]:
        """Search for the number's own word, and look whether it stands there: Milvus knows words by a checksum."""
        passes, term = "" if among is None else expression_of(among), number_term(text)
        found = await self._search("exact", catalog, [term], EXACT_MAX, passes)
        return sorted(each for each, _, words in found if term in words)

    async def having(self, catalog: str, text: str, ids: Sequence[str]) -> set[str]:
        """Read the words of *ids*."""
        wanted = set(terms_of(text))
        if not wanted or not ids:
            return set()
        columns = await self._query("having", catalog, _among(ids), [PRODUCT_ID, TEXT], len(ids))
        return {
            each
            for each, words in zip(columns[PRODUCT_ID], columns[TEXT], strict=True)
            if wanted <= set(words.split())
        }

    async def corrected(self, catalog: str, text: str) -> str:
        """Search for each word, and look for words near to those that are not found."""
        words = suspects(text)
        found = await asyncio.gather(
            *(self._search("corrected", catalog, [term_of(stem(each))], 1, "") for each in words)
        )
        known = {word for word, hits in zip(words, found, strict=True) if hits}
        if len(known) == len(words):
            return ""
        vocabulary = await self._vocabulary(catalog)
        return await asyncio.to_thread(corrected, text, known.__contains__, lambda: vocabulary)

    async def _vocabulary(self, catalog: str) -> Vocabulary:
        async with self._counting:
            until, vocabulary = self._vocabularies.get(catalog, (0.0, None))
            if vocabulary is None or time.monotonic() > until:
                vocabulary = await self._counted(catalog)
                self._vocabularies[catalog] = (time.monotonic() + VOCABULARY_S, vocabulary)
            return vocabulary

    async def _counted(self, catalog: str) -> Vocabulary:
        counts: dict[str, int] = {}
        last, seen = "", 0
        while seen < VOCABULARY_PRODUCTS_MAX:
            columns = await self._query("corrected", catalog, f'{KEY} > "{last}"', [KEY, SPELLINGS], ROWS_MAX)
            for words in columns[SPELLINGS]:
                for word in words.split():
                    counts[word] = counts.get(word, 0) + 1
            seen += len(columns[KEY])
            if len(columns[KEY]) < ROWS_MAX:
                break
            last = columns[KEY][-1]
        return Vocabulary(counts)

    async def _search(
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
        response = await self._call(method, "Search", request)
        if response is None or not response.results.scores:
            return []
        columns = _columns(response.results.fields_data, [PRODUCT_ID, TEXT])
        words = [each.split() for each in columns[TEXT]] or [[]] * len(columns[PRODUCT_ID])
        # Milvus Lite gives them below 0; neither has any that are so by themselves.
        scores = map(abs, response.results.scores)
        return list(zip(columns[PRODUCT_ID], scores, words, strict=True))

    async def _query(
        self, method: str, catalog: str, among: str, fields: Sequence[str], limit: int
    ) -> dict[str, list[str]]:
        """Return the columns *fields*, of texts, of rows in the order of their keys."""
        return _columns(await self._read(method, catalog, among, fields, limit, self._consistency), fields)

    async def _read(
        self,
        method: str,
        catalog: str,
        among: str,
        fields: Sequence[str],
        limit: int,
        consistency: tuple[int, int] = GUARANTEES["strong"],
    ) -> Sequence[Any]:
        level, timestamp = consistency
        request = QueryRequest(
            collection_name=name_of(catalog),
            expr=among,
            output_fields=fields,
            query_params=pairs(limit=limit, reduce_stop_for_best=True, iterator=True),
            consistency_level=level,
            guarantee_timestamp=timestamp,
        )
        response = await self._call(method, "Query", request)
        return [] if response is None else response.fields_data

    async def _call(self, method: str, of_milvus: str, request: Any) -> Any:
        """Call Milvus; None where the catalogue has no words."""
        with map_milvus_errors(), LEXICAL_SECONDS.labels(method).time():
            try:
                return await self._connection.call(of_milvus, request)
            except MilvusRefusal as refusal:
                if refusal.code == COLLECTION_NOT_FOUND:
                    return None
                raise


def _among(ids: Sequence[str]) -> str:
    return expression(RowKey(each, 0) for each in dict.fromkeys(ids))


def _columns(columns: Sequence[Any], fields: Sequence[str]) -> dict[str, list[str]]:
    found = {each.field_name: list(each.scalars.string_data.data) for each in columns}
    texts = {name: found.get(name, []) for name in fields}
    if PRODUCT_ID in texts:
        texts[PRODUCT_ID] = [decoded(each) for each in texts[PRODUCT_ID]]
    return texts


def _placeholder(text: str) -> bytes:
    value = PlaceholderValue(tag="$0", type=PlaceholderType.VarChar, values=[text.encode()])
    return bytes(PlaceholderGroup(placeholders=[value]).SerializeToString())
