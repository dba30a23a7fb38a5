"""Which words a catalogue's products have, for those that look like a misspelt one."""

from services.search.adapters.milvus.lexical.collections import SPELLINGS
from services.search.adapters.milvus.lexical.reading import ROWS_MAX, WordsReader
from services.search.adapters.milvus.schema import KEY
from services.search.adapters.spelling import Vocabulary

# How long words that were written lately may be missing, and from how many products these are taken.
VOCABULARY_S = 600.0
VOCABULARY_PRODUCTS_MAX = 200_000


async def vocabulary_of(reader: WordsReader, catalog: str) -> Vocabulary:
    """Return the words of the *catalog*, with how many of its products have each."""
    counts: dict[str, int] = {}
    last, seen = "", 0
    while seen < VOCABULARY_PRODUCTS_MAX:
        columns = await reader.texts("vocabulary", catalog, f'{KEY} > "{last}"', [KEY, SPELLINGS], ROWS_MAX)
        for words in columns[SPELLINGS]:
            for word in words.split():
                counts[word] = counts.get(word, 0) + 1
        seen += len(columns[KEY])
        if len(columns[KEY]) < ROWS_MAX:
            break
        last = columns[KEY][-1]
    return Vocabulary(counts)
