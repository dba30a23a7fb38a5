"""Products page by page, with their vectors."""

import numpy as np
import pytest

from services.search.core import listing as listing_module
from services.search.core.listing import Listing, Wish
from tests.memory_shop import MemoryShop, packed
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason

FUSED, TEXT, IMAGE, AUDIO = SpaceKind


@pytest.fixture
async def shop():
    shop = MemoryShop()
    await shop.put("a", (1, 0), {IMAGE: [(0, 1), (1, 1)]}, brand="Acme")
    await shop.put("b", (0, 1), {TEXT: [(2, 2)]}, brand="Other")
    await shop.put("c", (1, 1), brand="Acme")
    return shop


async def test_a_page_brings_what_is_wanted(shop):
    """Ids alone, or products, or products with every vector of every kind by view."""
    listing = Listing(shop.stores)
    ids = await listing.page(Wish("shop", 10))
    products = await listing.page(Wish("shop", 10, with_products=True))
    whole = await listing.page(Wish("shop", 10, with_vectors=True))

    assert [("a", b""), ("b", b""), ("c", b"")] == [(each.id, each.product) for each in ids.products]
    assert packed("a", brand="Acme") == products.products[0].product
    assert () == products.products[0].vectors
    assert [(FUSED, 0, [1, 0]), (IMAGE, 0, [0, 1]), (IMAGE, 1, [1, 1])] == [
        (each.kind, each.view, each.vector.values.tolist()) for each in whole.products[0].vectors
    ]
    assert {FUSED, TEXT, IMAGE} == {each.kind for each in whole.collections}
    np.testing.assert_array_equal([2, 2], whole.products[1].vectors[1].vector.values)


async def test_pages_end_where_there_are_no_more(shop):
    """The last page says so, also when it is full."""
    listing = Listing(shop.stores)
    first = await listing.page(Wish("shop", 2))
    last = await listing.page(Wish("shop", 1, first.next_after_id))
    filtered = await listing.page(Wish("shop", 2, filter='brand = "Acme"'))

    assert ("b", "") == (first.next_after_id, last.next_after_id)
    assert ["c"] == [each.id for each in last.products]
    assert (["a", "c"], "") == ([each.id for each in filtered.products], filtered.next_after_id)


async def test_a_page_fits_a_message(shop, monkeypatch):
    """It ends where the next product would be too much, has one at least, and the chain has each product once."""
    listing = Listing(shop.stores)
    size = len(packed("a", brand="Acme"))
    monkeypatch.setattr(listing_module, "PAGE_BYTES_MAX", 2 * size)
    pages = [await listing.page(Wish("shop", 3, with_products=True))]
    while after := pages[-1].next_after_id:
        pages.append(await listing.page(Wish("shop", 3, after, with_products=True)))
    monkeypatch.setattr(listing_module, "PAGE_BYTES_MAX", 1)
    whole = await listing.page(Wish("shop", 3, with_vectors=True))

    assert ["a", "b", "c"] == [each.id for page in pages for each in page.products]
    assert len(pages) > 1
    assert (["a"], "a") == ([each.id for each in whole.products], whole.next_after_id)


async def test_what_is_asked_wrongly_is_refused(shop):
    """A catalogue that is not there, a filter that is none."""
    listing = Listing(shop.stores)
    with pytest.raises(NotFound):
        await listing.page(Wish("nothing", 1))
    with pytest.raises(InvalidArgument) as caught:
        await listing.page(Wish("shop", 1, filter="brand ="))

    assert (Reason.FILTER_INVALID, "filter") == (caught.value.reason, caught.value.field)
