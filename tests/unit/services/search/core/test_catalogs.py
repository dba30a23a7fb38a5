"""Catalogues as wholes, while products are written to them."""

import asyncio

import numpy as np

from services.search.adapters.in_memory import InMemoryIndex
from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.adapters.products import PackedProducts
from services.search.core.catalogs import Catalogs
from services.search.core.keeper import Keeper
from services.search.core.locks import ProductLocks
from services.search.core.model import Facts, ProductRecord, ProductVector
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space, Vector

FUSED = SpaceKind.FUSED
SPACES = {FUSED: Space("p-1/fused", 2)}
VECTOR = ProductVector(FUSED, 0, Vector(np.array([1.0, 0.0], np.float32), "p-1/fused"))


class SlowWords(InMemoryLexicalIndex):
    """Writing words waits to be let go."""

    def __init__(self):
        super().__init__()
        self.waits, self.is_written = asyncio.Event(), asyncio.Event()

    async def write(self, catalog, products):
        self.is_written.set()
        await self.waits.wait()
        await super().write(catalog, products)


def titled(product_id, title):
    return ProductRecord(product_id, b"product", (VECTOR,), Facts(title=title))


async def test_a_removal_leaves_no_words_of_a_write_under_way():
    """They would be counted among the products of the next catalogue of the name."""
    index, words, locks = InMemoryIndex(), SlowWords(), ProductLocks()
    catalogs, keeper = Catalogs(index, words, locks), Keeper(index, words, PackedProducts(), locks)
    writing = asyncio.create_task(keeper.write("shop", SPACES, [titled("a", "hat")]))
    await words.is_written.wait()

    dropping = asyncio.create_task(catalogs.drop("shop"))
    await asyncio.sleep(0.01)
    words.waits.set()
    await asyncio.gather(writing, dropping, return_exceptions=True)
    await catalogs.create("shop", SPACES)

    assert 0 == (await InMemoryFieldIndex(words).count("shop", None)).number
    assert [] == await words.match("shop", "hat", 10)
