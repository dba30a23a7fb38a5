"""The `LexicalIndex` port in Milvus."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from pymilvus.grpc_gen.milvus_pb2 import DeleteRequest, UpsertRequest

from services.search.adapters.completing import PRODUCTS_MAX, completed, shortest
from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import map_milvus_errors
from services.search.adapters.milvus.expressions import expression_of
from services.search.adapters.milvus.lexical.collections import SPELLINGS, TEXT, WordsCollections, name_of
from services.search.adapters.milvus.lexical.reading import WordsReader
from services.search.adapters.milvus.lexical.rows import (
    columns_of,
    number_term,
    rows_of,
    term_of,
    terms_of,
    values_of,
)
from services.search.adapters.milvus.lexical.vocabulary import VOCABULARY_S, vocabulary_of
from services.search.adapters.milvus.requests import LEVELS, Consistency
from services.search.adapters.milvus.rows import expression, primary_key
from services.search.adapters.milvus.schema import KEY, PRODUCT_ID
from services.search.adapters.milvus.words import decoded
from services.search.adapters.spelling import Vocabulary, corrected, suspects
from services.search.adapters.words import last_word, stem
from services.search.core.filters.model import Filter
from services.search.core.learning import Learnt
from services.search.core.model import Facts, RowKey
from triptych.vocabulary import choices

# So many more are asked for than are wanted: of equals Milvus chooses as it likes, and here the first ids come first.
TIES = 100
# How many products of one id or article number there can be.
EXACT_MAX = 1_000


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
        self._reader = WordsReader(connection, consistency=consistency)
        self._vocabularies = Learnt(self._vocabulary, VOCABULARY_S)

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
            await self._collections.complete(catalog)

    async def forget(self, catalog: str) -> None:
        """Drop the collection."""
        with map_milvus_errors():
            await self._collections.drop(catalog)
        self._vocabularies.forget(catalog)

    async def warm_up(self) -> None:
        """Load every collection."""
        with map_milvus_errors():
            await self._collections.warm_up()

    async def write(self, catalog: str, products: Mapping[str, Facts]) -> None:
        """Upsert rows."""
        if not products:
            return
        columns = await asyncio.to_thread(columns_of, products)
        request = UpsertRequest(collection_name=name_of(catalog), num_rows=len(products), fields_data=columns)
        with map_milvus_errors():
            await self._collections.change(catalog, "Upsert", request)

    async def remove(self, catalog: str, ids: Sequence[str]) -> None:
        """Delete rows."""
        if ids:
            request = DeleteRequest(collection_name=name_of(catalog), expr=_among(ids))
            await self._reader.call("remove", "Delete", request)

    async def ids_after(self, catalog: str, product_id: str, limit: int) -> list[str]:
        """Query keys in their order."""
        last = primary_key(RowKey(product_id, 0)) if product_id else ""
        columns = await self._reader.columns("ids_after", catalog, f'{KEY} > "{last}"', [PRODUCT_ID], limit)
        return [decoded(each) for each in values_of(columns, PRODUCT_ID)]

    async def differing(self, catalog: str, products: Mapping[str, Facts]) -> set[str]:
        """Query the rows of *products* and compare them with what would be written."""
        expected = await asyncio.to_thread(lambda: rows_of(columns_of(products)))
        names = list(next(iter(expected.values()), ()))
        found = rows_of(
            await self._reader.columns("differing", catalog, _among(list(products)), names, len(products))
        )
        return {each for each in products if found.get(each) != expected[each]}

    async def match(
        self, catalog: str, text: str, limit: int, among: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Search by BM25."""
        passes = "" if among is None else expression_of(among)
        found = await self._reader.search("match", catalog, terms_of(text), limit + TIES, passes)
        scores = [(each, score) for each, score, _ in found]
        return sorted(scores, key=lambda each: (-each[1], each[0]))[:limit]

    async def scores(self, catalog: str, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Search by BM25 among *ids*."""
        if not ids:
            return {}
        found = await self._reader.search("scores", catalog, terms_of(text), len(ids), _among(ids))
        return {each: score for each, score, _ in found}

    async def exact(self, catalog: str, text: str, among: Filter | None = None) -> list[str]:
        """Search for the number's own word, and look whether it stands there: Milvus knows words by a checksum."""
        passes, term = "" if among is None else expression_of(among), number_term(text)
        found = await self._reader.search("exact", catalog, [term], EXACT_MAX, passes)
        return sorted(each for each, _, words in found if term in words)

    async def having(self, catalog: str, text: str, ids: Sequence[str]) -> set[str]:
        """Read the words of *ids*."""
        wanted = set(terms_of(text))
        if not wanted or not ids:
            return set()
        columns = await self._reader.texts("having", catalog, _among(ids), [PRODUCT_ID, TEXT], len(ids))
        return {
            each
            for each, words in zip(columns[PRODUCT_ID], columns[TEXT], strict=True)
            if wanted <= set(words.split())
        }

    async def corrected(self, catalog: str, text: str) -> str:
        """Search for each word, and look for words near to those that are not found."""
        words = suspects(text)
        found = await asyncio.gather(
            *(self._reader.search("corrected", catalog, [term_of(stem(each))], 1, "") for each in words)
        )
        known = {word for word, hits in zip(words, found, strict=True) if hits}
        if len(known) == len(words):
            return ""
        vocabulary = await self._vocabularies.of(catalog)
        return await asyncio.to_thread(corrected, text, known.__contains__, lambda: vocabulary)

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Count the words of the products that have all words before, or all that are known where there are none."""
        head, beginning = last_word(text)
        if not beginning:
            return []
        before, counts = terms_of(head), Counter[str]()
        if before:
            begun = await self._begun_beside(catalog, before, beginning)
            counts.update(each for found in begun for each in {stem(word) for word in found})
            return completed(head, counts, shortest(set().union(*begun)), limit)
        # A product that has two endings of a word counts for both.
        known = (await self._vocabularies.of(catalog)).beginning(beginning)
        for word, count in known.items():
            counts[stem(word)] += count
        return completed(head, counts, shortest(known), limit)

    async def _begun_beside(self, catalog: str, before: Sequence[str], beginning: str) -> list[set[str]]:
        """Return the words that begin so of each product that has all of *before*."""
        found = await self._reader.search("completions", catalog, before, PRODUCTS_MAX, "")
        if not found:
            return []
        among = _among([each for each, _, _ in found])
        columns = await self._reader.texts("completions", catalog, among, [TEXT, SPELLINGS], len(found))
        return [
            {word for word in words.split() if word.startswith(beginning)}
            for text, words in zip(columns[TEXT], columns[SPELLINGS], strict=True)
            if set(before) <= set(text.split())
        ]

    async def _vocabulary(self, catalog: str) -> Vocabulary:
        return await vocabulary_of(self._reader, catalog)


def _among(ids: Sequence[str]) -> str:
    return expression(RowKey(each, 0) for each in dict.fromkeys(ids))
