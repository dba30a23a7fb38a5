"""Which words each catalogue's products have, for those that look like a misspelt one."""

import time

from services.search.adapters.milvus.lexical.collections import SPELLINGS
from services.search.adapters.milvus.lexical.reading import ROWS_MAX, WordsReader
from services.search.adapters.milvus.schema import KEY
from services.search.adapters.spelling import Vocabulary
from services.search.core.locks import KeyedLocks

# How long words that were written lately may be missing, and from how many products these are taken.
VOCABULARY_S = 600.0
VOCABULARY_PRODUCTS_MAX = 200_000


class Vocabularies:
    """The words of catalogues, read when they are first asked for and remembered for a while."""

    def __init__(self, reader: WordsReader) -> None:
        self._reader = reader
        self._counting = KeyedLocks()
        self._remembered: dict[str, tuple[float, Vocabulary]] = {}

    async def of(self, catalog: str) -> Vocabulary:
        """Return the words of the *catalog*."""
        async with self._counting.holding([catalog]):
            until, vocabulary = self._remembered.get(catalog, (0.0, None))
            if vocabulary is None or time.monotonic() > until:
                vocabulary = await self._counted(catalog)
                self._remembered[catalog] = (time.monotonic() + VOCABULARY_S, vocabulary)
            return vocabulary

    def forget(self, catalog: str) -> None:
        """Read them anew when they are next asked for."""
        self._remembered.pop(catalog, None)

    async def _counted(self, catalog: str) -> Vocabulary:
        counts: dict[str, int] = {}
        last, seen = "", 0
        while seen < VOCABULARY_PRODUCTS_MAX:
            columns = await self._reader.texts(
                "corrected", catalog, f'{KEY} > "{last}"', [KEY, SPELLINGS], ROWS_MAX
            )
            for words in columns[SPELLINGS]:
                for word in words.split():
                    counts[word] = counts.get(word, 0) + 1
            seen += len(columns[KEY])
            if len(columns[KEY]) < ROWS_MAX:
                break
            last = columns[KEY][-1]
        return Vocabulary(counts)
