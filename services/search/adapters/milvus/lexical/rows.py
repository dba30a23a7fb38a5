"""Products as rows of the collection of words.

The weight of a word is how often it is written: BM25 over fields with weights is BM25 over fields repeated so often
(Robertson and Zaragoza 2009, section 3.6). Milvus's analyser sees ASCII letters and digits alone, so that it splits at
spaces whatever its version knows of Unicode; a word of anything else stands in hexadecimal.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pymilvus.grpc_gen.schema_pb2 import DataType

from services.search.adapters.milvus.facts import facts_columns, texts_column
from services.search.adapters.milvus.lexical.collections import SPELLINGS, TEXT, TEXT_BYTES_MAX
from services.search.adapters.milvus.rows import primary_key
from services.search.adapters.milvus.schema import KEY, PRODUCT_ID
from services.search.adapters.milvus.words import decoded, encoded
from services.search.adapters.words import spellings, words
from services.search.core.lexical import WEIGHTS, article_number, article_numbers, texts_of
from services.search.core.model import Facts, RowKey

# No word that stands as it is begins so.
_PREFIX = "zz"
_NUMBER_CHARACTERS_MAX = 64


def columns_of(products: Mapping[str, Facts]) -> list[Any]:
    """Return *products* as columns."""
    return [
        texts_column(KEY, [primary_key(RowKey(each, 0)) for each in products]),
        texts_column(PRODUCT_ID, [encoded(each) for each in products]),
        texts_column(TEXT, [text_of(each, facts) for each, facts in products.items()]),
        texts_column(SPELLINGS, [_spellings(facts) for facts in products.values()]),
        *facts_columns(list(products.values())),
    ]


def rows_of(columns: Iterable[Any]) -> dict[str, dict[str, object]]:
    """Return the rows that *columns* hold, by product id, as values that are equal where they mean the same."""
    columns = list(columns)
    values = {column.field_name: values_of(columns, column.field_name) for column in columns}
    ids = values.get(PRODUCT_ID, [])
    return {
        decoded(each): {name: column[place] for name, column in values.items()}
        for place, each in enumerate(ids)
    }


def values_of(columns: Iterable[Any], name: str) -> list[Any]:
    """Return the values of the column *name*; none where there are no rows."""
    column = next((each for each in columns if each.field_name == name), None)
    if column is None:
        return []
    values = getattr(column.scalars, column.scalars.WhichOneof("data")).data
    if column.type == DataType.JSON:
        return [json.loads(each) for each in values]
    # What is unknown is NaN, which equals nothing.
    return [None if each != each else each for each in values]  # noqa: PLR0124


def text_of(product_id: str, facts: Facts) -> str:
    """Return what Milvus is to count: article numbers, and the words as often as they weigh. What is too long is cut."""
    numbers = [number_term(each) for each in sorted(article_numbers(product_id, facts))]
    weighed = [
        term_of(word)
        for name, text in texts_of(facts).items()
        for word in words(text)
        for _ in range(int(WEIGHTS[name]))
    ]
    return _cut(" ".join([*numbers, *weighed]))


def terms_of(text: str) -> list[str]:
    """Return the words of *text* as Milvus has them, each once."""
    return [term_of(word) for word in dict.fromkeys(words(text))]


def term_of(word: str) -> str:
    """Return *word* as Milvus has it."""
    return word if word.isascii() and not word.startswith(_PREFIX) else _PREFIX + word.encode().hex()


def number_term(text: str) -> str:
    """Return an id or article number as Milvus has it: a word of its own kind, since n is no hexadecimal digit."""
    number = article_number(text).encode()
    code = number.hex()
    if len(code) > _NUMBER_CHARACTERS_MAX:
        code = f"h{hashlib.sha256(number).hexdigest()}"
    return f"{_PREFIX}n{code}"


def _spellings(facts: Facts) -> str:
    """Return the words that can be offered for misspelt ones. Descriptions have many, and people look for few of them."""
    texts = texts_of(facts)
    shown = (word for name in texts if name != "description" for word in spellings(texts[name]))
    return _cut(" ".join(dict.fromkeys(shown)))


def _cut(text: str) -> str:
    """Return the words of *text* that fit into a column."""
    if len(text.encode()) <= TEXT_BYTES_MAX:
        return text
    return text.encode()[:TEXT_BYTES_MAX].decode(errors="ignore").rpartition(" ")[0]
