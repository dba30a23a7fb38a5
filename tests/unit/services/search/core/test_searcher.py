"""Finding: rounds, views, words, groups, orders, and catalogues that change under the searcher."""

import pytest

from services.search.adapters.in_memory import InMemoryIndex
from services.search.core.model import Neighbour, Row, RowKey
from services.search.core.near import best_views
from tests.memory_shop import MemoryShop, at
from triptych.vocabulary.choices import Consistency, SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Space

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
EUCLIDEAN = SimilarityMetric.EUCLIDEAN
X = (1.0, 0.0)
LAMP = (("lamp", 1.0),)


class RecordingIndex(InMemoryIndex):
    """Notes what each search asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.calls = []

    async def nearest(self, collection, query, limit, **wishes):
        self.asked.append(limit)
        self.calls.append("nearest")
        return await super().nearest(collection, query, limit, **wishes)

    async def compare(self, collection, query, keys):
        self.calls.append("compare")
        return await super().compare(collection, query, keys)

    async def read(self, collection, keys, *, with_vectors, fresh=True):
        self.calls.append("fresh read" if fresh else "read")
        return await super().read(collection, keys, with_vectors=with_vectors, fresh=fresh)


class LaggingIndex(RecordingIndex):
    """A quick read does not see the products of *unseen*."""

    def __init__(self, *unseen):
        super().__init__()
        self._unseen = unseen

    async def read(self, collection, keys, *, with_vectors, fresh=True):
        seen = [key for key in keys if fresh or key.product_id not in self._unseen]
        return await super().read(collection, seen, with_vectors=with_vectors, fresh=fresh)


class ForgetfulIndex(RecordingIndex):
    """Remembers a collection that serves no longer, until it is asked for a fresh answer."""

    def __init__(self, stale):
        super().__init__()
        self._stale = stale

    async def collection(self, catalog, kind, *, generation="", fresh=False):
        if fresh or kind is not self._stale.kind:
            return await super().collection(catalog, kind, generation=generation)
        return self._stale


async def images(views_by_id, index=None):
    """A shop of products that differ in their pictures alone, each so far from the query."""
    shop = MemoryShop(index=index or RecordingIndex())
    for product_id, views in views_by_id.items():
        await shop.put(product_id, X, {IMAGE: [(1.0, far) for far in views]})
    shop.index.calls.clear()
    return shop


class HurryingIndex(RecordingIndex):
    """Notes that it was hurried."""

    def hurried(self):
        self.calls.append("hurried")
        return self


async def test_a_hurried_search_looks_no_deeper_than_it_must():
    """Words and vectors together are looked for as deep as the page, not a hundred deep; the index is told too."""
    asked = {}
    for hurried in (False, True):
        shop = MemoryShop(index=HurryingIndex())
        for number in range(30):
            await shop.put(f"{number:02}", (1.0, number / 10), title="lamp")
        shop.index.calls.clear()
        shop.index.asked.clear()
        found = await shop.search(X, 3, texts=LAMP, lexical_weight=0.5, hurried=hurried)
        asked[hurried] = (max(shop.index.asked), shop.index.calls.count("hurried"))
        assert 3 == len(found.hits)

    assert (3, 1) == asked[True]
    assert asked[False][0] > 30
    assert 0 == asked[False][1]


async def test_asks_for_more_until_there_are_enough_products():
    """Views that crowd out other products cost further rounds, each twice as large."""
    shop = await images({"crowd": [0.0] * 16, "other": [1.0]})

    found = await shop.search(X, 2, space=IMAGE)

    assert ["crowd", "other"] == [hit.id for hit in found.hits]
    assert [4, 8, 16, 32] == shop.index.asked
    assert 4 == found.rounds


async def test_stops_when_the_index_has_no_more():
    """Fewer rows than asked for are all there are."""
    shop = await images({"a": [0.0, 0.1], "b": [0.2]})

    assert ["a", "b"] == await shop.ids(X, 5, space=IMAGE)
    assert [10] == shop.index.asked


async def test_never_asks_for_more_than_the_index_gives():
    """The index's own bound ends the rounds."""
    shop = await images({"crowd": [0.0] * 16, "other": [1.0]})
    shop.index.rows_max = 6

    assert ["crowd"] == await shop.ids(X, 2, space=IMAGE)
    assert [4, 6] == shop.index.asked


async def test_the_plain_search_is_one_call():
    """Where products have one row each, no more rows are asked for than products, and nothing else."""
    shop = await images({"a": [0.0], "b": [0.1]})

    await shop.ids(X, 1)
    await shop.ids(X, 1, filter='NOT brand = "x"')

    assert [1, 1] == shop.index.asked
    assert ["nearest", "nearest"] == shop.index.calls


def test_the_best_view_is_the_first():
    """The nearest row of each product stays; of equals, the lower view."""
    rows = [Row(RowKey(*key), b"", None) for key in (("a", 3), ("b", 1), ("a", 0), ("b", 0))]
    neighbours = [Neighbour(row, each) for row, each in zip(rows, (0.9, 0.8, 0.7, 0.8), strict=True)]

    best = best_views(neighbours)

    assert [RowKey("a", 3), RowKey("b", 0)] == [each.row.key for each in best]


async def test_follows_a_catalogue_that_was_switched():
    """A query that fits the new model's collection is not refused for the memory of the old one."""
    old = await InMemoryIndex().create("shop", FUSED, Space("p-0/fused", 2))
    shop = await images({"a": [0.0]}, ForgetfulIndex(old))

    assert ["a"] == await shop.ids(X, space=IMAGE)


async def test_follows_a_catalogue_that_has_new_attributes():
    """A filter on an attribute that came a moment ago is not refused for the memory of before."""
    old = await InMemoryIndex().create("shop", FUSED, Space("p-1/fused", 2))
    shop = MemoryShop(index=ForgetfulIndex(old))
    await shop.put("a", X, colour="red")

    assert ["a"] == await shop.ids(X, filter='attributes.colour = "red"')


async def test_another_pack_is_refused_and_named(raises_invalid):
    """Vectors of two packs are never compared, whatever their dimension."""
    shop = MemoryShop()
    await shop.index.create("shop", FUSED, Space("p-2/fused", 2))

    await raises_invalid(shop.search(X), Reason.SPACE_MISMATCH, "query.space")


async def test_another_dimension_is_refused():
    """A vector of the right pack and the wrong dimension is refused with both numbers."""
    shop = MemoryShop(3)
    await shop.index.create("shop", FUSED, shop.space(FUSED))

    with pytest.raises(InvalidArgument) as caught:
        await shop.search(X)

    assert Reason.DIMENSION_MISMATCH == caught.value.reason
    assert {"dimension": "2", "expected": "3"} == caught.value.metadata


async def test_a_filter_that_means_nothing_is_refused(raises_invalid):
    """The filter and each condition is named, with the place in it."""
    shop = await images({"a": [0.0]})

    message = await raises_invalid(shop.search(X, filter="price < "), Reason.FILTER_INVALID, "filter")
    assert "position 9" in message
    await raises_invalid(
        shop.search(X, conditions=("price < 5", "price <")), Reason.FILTER_INVALID, "conditions[1]"
    )


async def test_words_find_what_vectors_do_not():
    """A product that only words bring in has its exact similarity, its row and its vector."""
    shop = MemoryShop(index=RecordingIndex())
    await shop.put("near", at(0.9), title="table")
    await shop.put("worded", at(-0.5), title="brass lamp")

    found = await shop.search(X, 1, texts=LAMP, lexical_weight=0.9, with_vectors=True)

    (hit,) = found.hits
    assert ("worded", pytest.approx(-0.5), FUSED.value) == (hit.id, hit.similarity, 1)
    assert hit.lexical > 0
    assert (pytest.approx(0.9 + 0.1 * -0.5), pytest.approx(0.1 * -0.5)) == (hit.score, hit.vector_score)
    assert at(-0.5) == pytest.approx(hit.vector.values.tolist())
    assert "fresh read" not in shop.index.calls


async def test_products_of_what_is_only_looked_at_are_not_read():
    """By words and vectors much is looked at; products are read once, of the first that are returned."""
    shop = MemoryShop(index=RecordingIndex())
    for number in range(5):
        await shop.put(f"{number}", at(0.1 * number), title="lamp" if number % 2 else "table")
    shop.index.calls.clear()

    found = await shop.search(X, 4, texts=LAMP, lexical_weight=0.5, products_limit=1)

    assert ["3", "1", "4", "2"] == [hit.id for hit in found.hits]
    assert [True, False, False, False] == [bool(hit.product) for hit in found.hits]
    assert ["nearest", "read"] == shop.index.calls


@pytest.mark.parametrize("removed", ["a", "b"])
async def test_the_place_of_a_product_that_is_removed_meanwhile_is_the_next_ones(removed):
    """A product may go after it was found and before it is read: its place goes to the next one."""

    class Removing(RecordingIndex):
        async def read(self, collection, keys, **wishes):
            await self.delete(collection, [RowKey(removed, 0)])
            return await super().read(collection, keys, **wishes)

    shop = MemoryShop(index=Removing())
    for place, product_id in enumerate("abc"):
        await shop.put(product_id, at(0.9 - place * 0.1), title="lamp")

    found = await shop.search(X, 2, texts=LAMP, lexical_weight=0.5)

    assert [each for each in "abc" if each != removed] == [hit.id for hit in found.hits]
    assert all(hit.product for hit in found.hits)


async def test_a_found_product_that_a_quick_read_misses_is_read_again():
    """So that what was found is answered with its product."""
    shop = MemoryShop(index=LaggingIndex("b"))
    for product_id in "ab":
        await shop.put(product_id, X, title="lamp")
    shop.index.calls.clear()

    found = await shop.search(X, texts=LAMP, lexical_weight=0.5)

    assert [("a", True), ("b", True)] == [(hit.id, bool(hit.product)) for hit in found.hits]
    assert ["nearest", "read", "fresh read"] == shop.index.calls


async def test_a_product_without_a_picture_neither_sinks_nor_floats():
    """In a space in which it has no vector it counts as neither like the query nor unlike, and says so."""
    shop = MemoryShop()
    await shop.put("unlike", X, {IMAGE: [at(-0.5), at(-0.1)]}, title="lamp")
    await shop.put("none", X, title="lamp")
    await shop.put("like", X, {IMAGE: [at(0.1), at(0.5)]}, title="lamp")

    found = await shop.search(X, space=IMAGE, texts=LAMP, lexical_weight=0.5)

    assert ["like", "none", "unlike"] == [hit.id for hit in found.hits]
    assert [(pytest.approx(0.5), 1), (None, 0), (pytest.approx(-0.1), 1)] == [
        (hit.similarity, hit.view) for hit in found.hits
    ]


async def test_what_has_no_picture_is_looked_for_before_pictures_that_are_unlike():
    """Best by words are products whose pictures are the opposite of the query: worse than any without one."""
    shop = MemoryShop()
    for number in range(120):
        await shop.put(f"unlike{number:03}", X, {IMAGE: [at(-1)]}, title="lamp")
    await shop.put("none", X, title="lamp with a stand and a shade")

    assert ["none"] == await shop.ids(X, 1, space=IMAGE, texts=LAMP, lexical_weight=0.3)


async def test_words_alone():
    """Without a vector products come by their words, and those without a word not at all."""
    shop = MemoryShop()
    await shop.put("a", X, title="lamp shade")
    await shop.put("b", X, title="lamp")
    await shop.put("c", X, title="table")

    found = await shop.search(texts=LAMP)

    assert ["b", "a"] == [hit.id for hit in found.hits]
    assert (1.0, 0.0, None) == (found.hits[0].score, found.hits[0].vector_score, found.hits[0].similarity)


async def test_all_the_weight_on_words_is_words_alone():
    """Nothing comes in by its vector, but similarities are told."""
    shop = MemoryShop()
    await shop.put("a", at(0.2), title="lamp")
    await shop.put("b", X, title="table")

    (hit,) = (await shop.search(X, texts=LAMP, lexical_weight=1.0)).hits

    assert ("a", pytest.approx(0.2)) == (hit.id, hit.similarity)


async def test_words_without_weight_do_not_count():
    """Nothing is looked up, and nothing told of them."""
    shop = MemoryShop()
    await shop.put("a", at(0.2), title="lamp")
    await shop.put("b", X, title="table")

    found = await shop.search(X, texts=LAMP)

    assert [("b", None, None), ("a", None, None)] == [
        (hit.id, hit.lexical, hit.vector_score) for hit in found.hits
    ]


async def test_a_product_whose_record_is_gone_is_not_found():
    """Words may outlive a record for a moment."""
    shop = MemoryShop()
    await shop.put("a", X, title="lamp")
    await shop.put("gone", None, title="lamp lamp")

    assert ["a"] == await shop.ids(texts=LAMP)
    assert ["a"] == await shop.ids(X, texts=(("gone", 1.0), *LAMP), lexical_weight=0.5)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
async def test_exact_matches_stand_first(weight):
    """By id or article number, whatever their score, if they pass the filter."""
    shop = MemoryShop()
    await shop.put("near", X, title="lamp")
    await shop.put("AB-1", at(-0.9), title="table", price=5)
    await shop.put("other", at(-0.8), title="chair", sku="ab-1", price=50)
    texts = ((" ab-1 ", 0.1), *LAMP)

    found = await shop.search(X, 3, texts=texts, lexical_weight=weight)
    cheap = await shop.search(X, 3, texts=texts, lexical_weight=weight, filter="price < 10")

    assert (
        {"AB-1", "other"}
        == {hit.id for hit in found.hits[:2]}
        == {hit.id for hit in found.hits if hit.exact_match}
    )
    assert ["AB-1"] == [hit.id for hit in cheap.hits]
    assert ["AB-1"] == await shop.ids(X, 1, texts=(("AB-1", 1.0),), filter='NOT id = "other"')


async def test_scores_do_not_depend_on_what_else_is_asked_for():
    """The best BM25 is that of the whole catalogue under the filter: no page and no exclusion changes a score."""
    shop = MemoryShop()
    for n in range(6):
        await shop.put(f"{n}", at(0.1 * n), title="lamp " + "shade " * n, price=n)
    wishes = {"texts": LAMP, "lexical_weight": 0.5, "filter": "price > 0"}

    scores = {hit.id: hit.score for hit in (await shop.search(X, **wishes)).hits}

    for more in (
        {"limit": 1},
        {"excluded_ids": ("1",)},
        {"only_ids": ("3", "4")},
        {"excluded_texts": ("lamp shade",)},
    ):
        for hit in (await shop.search(X, **{**wishes, **more})).hits:
            assert scores[hit.id] == hit.score
    assert max(scores.values()) > 0.5


async def test_browsing_in_the_order_of_a_field():
    """With nothing to compare with, a field alone decides: those that lack it last, equals by id."""
    shop = MemoryShop()
    for product_id, price in (("a", 5), ("b", 50), ("c", None), ("d", 5), ("e", 20)):
        await shop.put(product_id, X, price=price)

    found = await shop.search(order_by="price desc")

    assert ["b", "e", "a", "d", "c"] == [hit.id for hit in found.hits]
    assert {(None, 0.0)} == {(hit.similarity, hit.score) for hit in found.hits}
    assert ["a", "d", "e"] == await shop.ids(limit=3, order_by="price", filter="price < 50")
    assert "c" == (await shop.ids(limit=5, order_by="price"))[-1]


async def test_browsing_without_an_order_is_refused(raises_invalid):
    """Something must say what comes first."""
    shop = await images({"a": [0.0]})

    await raises_invalid(shop.search(order_by=" "), Reason.FIELD_INVALID, "order_by")
    await raises_invalid(
        shop.search(order_by="price", rescoring=EUCLIDEAN), Reason.FIELD_INVALID, "rescoring"
    )


async def test_the_most_relevant_in_the_order_of_a_field(monkeypatch):
    """A field orders what is most relevant, and what is less so is not looked at, cheap as it may be."""
    monkeypatch.setattr("services.search.core.searcher.ORDERED_MAX", 3)
    shop = MemoryShop()
    for n, price in enumerate((30, None, 10, 1)):
        await shop.put(f"{n}", at(0.9 - n / 10), price=price)

    assert ["2", "0", "1"] == await shop.ids(X, 3, order_by="price")
    assert ["2"] == await shop.ids(X, 1, order_by="price")
    assert ["0", "2"] == await shop.ids(X, 2, order_by="price desc", texts=(("3", 1.0),), filter="price > 1")


async def test_of_a_group_the_best_alone():
    """And how many others of it pass the filter; those without a group stand for themselves."""
    shop = MemoryShop()
    for product_id, near, group, price in (
        ("a", 0.9, "g", 5), ("b", 0.8, "g", 5), ("c", 0.7, "", 5), ("d", 0.6, "", 5), ("e", 0.5, "h", 5),
        ("f", 0.95, "h", 50), ("g", 0.1, "g", 50),
    ):  # fmt: skip
        await shop.put(product_id, at(near), group_id=group, price=price)

    found = await shop.search(X, 4, grouped=True, filter="price < 10")

    assert [("a", "g", 1), ("c", "", 0), ("d", "", 0), ("e", "h", 0)] == [
        (hit.id, hit.group_id, hit.group_others) for hit in found.hits
    ]
    assert ["e", "a", "c", "d"] == await shop.ids(
        X, 4, grouped=True, texts=(("E", 1.0),), filter="price < 10"
    )
    assert ["f", "b"] == await shop.ids(limit=2, grouped=True, order_by="price desc", excluded_ids=("g", "a"))


async def test_groups_are_filled_by_further_rounds():
    """Variants that crowd out other products cost rounds."""
    shop = MemoryShop(index=RecordingIndex())
    for n in range(20):
        await shop.put(f"{n:02}", at(0.9 - n / 100), group_id="crowd")
    await shop.put("other", at(0.1))

    assert ["00", "other"] == await shop.ids(X, 2, grouped=True)
    assert [2, 4, 8, 16, 32] == shop.index.asked


async def test_hits_say_which_conditions_they_pass():
    """Each condition by itself; an empty one always holds."""
    shop = MemoryShop()
    await shop.put("a", at(0.9), price=5, colour="red")
    await shop.put("b", at(0.8))

    found = await shop.search(X, conditions=("price < 10", "", 'NOT attributes.colour = "red"'))

    assert [(True, True, False), (False, True, True)] == [hit.conditions for hit in found.hits]


async def test_only_given_products_are_compared():
    """In every way that is asked for, as far as they exist and pass the filter."""
    shop = MemoryShop()
    for product_id, near, price in (("a", 0.9, 5), ("b", 0.8, 5), ("c", 0.7, 5), ("d", 0.95, 50)):
        await shop.put(
            product_id,
            at(near),
            {IMAGE: [at(0.1), at(near / 2)]},
            title="lamp " * len(product_id),
            price=price,
        )
    given = ("c", "x", "d", "a", "c")

    found = await shop.search(
        X,
        texts=LAMP,
        lexical_weight=0.5,
        only_ids=given,
        filter="price < 10",
        with_vectors=True,
        compared=(IMAGE,),
    )
    whole = await shop.search(X, texts=LAMP, lexical_weight=0.5, filter="price < 10")

    assert ["a", "c"] == [hit.id for hit in found.hits]
    assert {hit.id: hit.score for hit in whole.hits}.items() >= {
        hit.id: hit.score for hit in found.hits
    }.items()
    assert at(0.9) == pytest.approx(found.hits[0].vector.values.tolist())
    assert pytest.approx(0.45) == found.hits[0].elsewhere[IMAGE]
    assert [("d", 1), ("a", 1)] == [
        (hit.id, hit.view) for hit in (await shop.search(X, 2, space=IMAGE, only_ids=given)).hits
    ]
    assert ["a", "c", "d"] == await shop.ids(only_ids=given)


@pytest.mark.parametrize(
    ("unseen", "calls"), [((), ["read"]), (("b",), ["read", "fresh read"])], ids=["all seen", "one not"]
)
async def test_a_given_product_that_a_quick_read_misses_is_read_again(unseen, calls):
    """So that no chain of pages has a hole; where nothing is missed, nothing is waited for."""
    shop = MemoryShop(index=LaggingIndex(*unseen))
    for product_id, price in (("a", 5), ("b", 5), ("c", 50)):
        await shop.put(product_id, X, price=price)
    shop.index.calls.clear()

    assert ["a", "b"] == await shop.ids(only_ids=("b", "a", "c"), filter="price < 10")
    assert calls == shop.index.calls


async def test_a_kind_that_no_product_has():
    """Nothing is near; words find all the same."""
    shop = MemoryShop()
    await shop.put("a", X, title="lamp")

    assert [] == await shop.ids(X, space=AUDIO)
    found = await shop.search(X, space=AUDIO, texts=LAMP, lexical_weight=0.5, with_vectors=True)
    assert [("a", None, None)] == [(hit.id, hit.similarity, hit.vector) for hit in found.hits]


async def test_words_are_corrected():
    """A word that no product has becomes the nearest that one has."""
    shop = MemoryShop()
    await shop.put("a", X, title="ceiling lamp")

    assert "ceiling lamp" == await shop.searcher.corrected("shop", "cieling lamp")
    assert "" == await shop.searcher.corrected("shop", "ceiling lamp")


async def test_a_search_says_how_much_it_wants_to_see(monkeypatch):
    """All of the stores are asked for it, and collections are looked up anew where every write is to be seen."""
    shop = MemoryShop()
    await shop.put("a", [1.0, 0.0], title="hat")
    asked, fresh = [], []
    for store in (shop.index, shop.words, shop.stores.fields):
        monkeypatch.setattr(
            store, "seeing", lambda level, store=store: asked.append((type(store), level)) or store
        )
    collection = shop.index.collection

    async def noting(catalog, kind, **choices):
        fresh.append(choices["fresh"])
        return await collection(catalog, kind, **choices)

    monkeypatch.setattr(shop.index, "collection", noting)
    for level in (None, Consistency.BOUNDED, Consistency.STRONG):
        assert ["a"] == await shop.ids([1.0, 0.0], consistency=level)

    stores = [type(each) for each in (shop.index, shop.words, shop.stores.fields)]
    levels = (Consistency.BOUNDED, Consistency.STRONG)
    assert [(store, level) for level in levels for store in stores] == asked
    assert [False, False, True] == fresh
