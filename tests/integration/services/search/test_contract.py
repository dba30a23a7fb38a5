"""What `VectorIndex`, and keeping and finding on top of it, must do on every store."""

import asyncio

import numpy as np
import pytest

from services.search.core.filters.parse import parse
from services.search.core.model import Facts, RowKey
from services.search.core.query import SearchQuery
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason
from triptych.vocabulary.vectors import Space

FUSED, TEXT, IMAGE, AUDIO = SpaceKind
COSINE, EUCLIDEAN = SimilarityMetric.COSINE, SimilarityMetric.EUCLIDEAN
X, Y, Z = (1.0, 0, 0, 0), (0, 1.0, 0, 0), (0, 0, 1.0, 0)

HOSTILE_IDS = (
    'quote"',
    "apostrophe'",
    "back\\slash",
    "\\",
    '" or 1==1 or pk=="',
    "\\u0022 or 1==1",
    '\\" or true',
    "hash#1",
    "0:1",
    "1:0:1",
    "100%",
    "%22",
    " spaces ",
    "蓝顶房子",
    "🏠" * 128,
    "ß/ß?&=+",
    "]",
    "{x}",
)


async def test_nearest_first_with_its_similarity(shop):
    """A search returns products by falling cosine, each with its product bytes."""
    await shop.write([shop.record("a", {FUSED: [X]}), shop.record("b", {FUSED: [(1, 1, 0, 0)]}, b"\x00\xff")])

    found = await shop.search(FUSED, X)

    assert ["a", "b"] == [hit.id for hit in found.hits]
    assert [1.0, 0.5**0.5] == pytest.approx([hit.similarity for hit in found.hits], abs=1e-6)
    assert b"\x00\xff" == found.hits[1].product
    assert shop.spaces[FUSED] == found.collection.space


async def test_euclidean_on_vectors_of_length_one(shop):
    """The same index answers the Euclidean distance, also for a query of another length."""
    await shop.write([shop.record("a", {FUSED: [(0.6, 0.8, 0, 0)]}), shop.record("b", {FUSED: [Y]})])
    vector = shop.vector(FUSED, X)
    twice = type(vector)(2 * vector.values, vector.space)

    found = await shop.searcher.search(SearchQuery(shop.catalog, FUSED, EUCLIDEAN, 5, vector=twice))

    assert ["a", "b"] == [hit.id for hit in found.hits]
    expected = [np.hypot(2 - 0.6, 0.8), 5**0.5]
    assert expected == pytest.approx([hit.similarity for hit in found.hits], abs=1e-5)


async def test_a_limit_is_kept_and_ties_go_by_id(shop):
    """Of products equally near, those of the smaller id come first."""
    await shop.write([shop.record(each, {FUSED: [X]}) for each in ("c", "a", "b")])

    assert ["a", "b", "c"] == await shop.ids(FUSED, X)
    assert 2 == len(await shop.ids(FUSED, X, limit=2))


async def test_each_product_once_with_its_best_view(shop):
    """Many pictures of one product neither repeat it nor crowd out another."""
    many = [(1.0, 0.01 * n, 0, 0) for n in range(15, -1, -1)]
    await shop.write(
        [
            shop.record("many", {FUSED: [X], IMAGE: many}),
            shop.record("one", {FUSED: [X], IMAGE: [(1, 1, 0, 0)]}),
            shop.record("none", {FUSED: [X]}),
        ]
    )

    found = await shop.search(IMAGE, X, limit=2)

    assert [("many", 15), ("one", 0)] == [(hit.id, hit.view) for hit in found.hits]


async def test_any_modality_finds_any_other(shop):
    """A vector of the text space searches the image space of its pack."""
    await shop.put("a", {FUSED: [X], IMAGE: [Y, X]})

    found = await shop.search(IMAGE, X, query_kind=TEXT, with_vectors=True)

    assert [("a", 1)] == [(hit.id, hit.view) for hit in found.hits]
    assert "test-1/image" == found.hits[0].vector.space
    np.testing.assert_allclose(np.array(X, np.float32), found.hits[0].vector.values)


async def test_a_kind_that_no_product_has_finds_nothing(shop):
    """A catalogue without sounds answers a search over sounds with no products."""
    await shop.put("a", {FUSED: [X]})

    assert [] == await shop.ids(AUDIO, X)


async def test_an_upsert_replaces_and_stale_views_vanish(shared_shop):
    """What the new version lacks is found no longer; what it has is found as it is now."""
    shop = shared_shop
    await shop.put("upserted", {FUSED: [X], TEXT: [Y], IMAGE: [X, Y, Z], AUDIO: [Z]}, b"old")

    await shop.put("upserted", {FUSED: [Y], IMAGE: [(0, 1, 1, 0)]}, b"new")

    assert {"upserted": b"new"} == await shop.products(["upserted"])
    assert {RowKey("upserted", 0)} == await _rows(shop, IMAGE, "upserted")
    assert set() == await _rows(shop, TEXT, "upserted") | await _rows(shop, AUDIO, "upserted")
    image = await shop.index.collection(shop.catalog, IMAGE)
    (row,) = await shop.index.read(image, [RowKey("upserted", 0)], with_vectors=True)
    assert b"new" == row.product
    np.testing.assert_allclose([0, 0.5**0.5, 0.5**0.5, 0], row.values, atol=1e-6)


async def test_writing_again_is_harmless(shared_shop):
    """The same write a second time changes nothing."""
    for _ in range(2):
        await shared_shop.put("again", {FUSED: [X], IMAGE: [X, Y]})

    assert {RowKey("again", 0), RowKey("again", 1)} == await _rows(shared_shop, IMAGE, "again")


async def test_two_writers_of_one_product(shared_shop):
    """Of two writes at the same time, one wins as a whole."""
    one = {FUSED: [X], IMAGE: [X]}
    other = {FUSED: [Y], IMAGE: [Y, Y, Y]}

    await asyncio.gather(
        shared_shop.put("contested", one, b"one"), shared_shop.put("contested", other, b"other")
    )

    product = (await shared_shop.products(["contested"]))["contested"]
    views = len(await _rows(shared_shop, IMAGE, "contested"))
    assert (product, views) in {(b"one", 1), (b"other", 3)}


@pytest.mark.parametrize(("metric", "same", "across"), [(COSINE, 1.0, 0.0), (EUCLIDEAN, 0.0, 2**0.5)])
async def test_hits_compared_in_other_spaces(shared_shop, metric, same, across):
    """Each hit tells how near it is in other spaces, by its nearest view, and nothing where it has no vector."""
    ids = [f"elsewhere {name} {metric}" for name in ("seen", "plain")]
    await shared_shop.put(ids[0], {FUSED: [X], TEXT: [Y], IMAGE: [Y, X, Z]})
    await shared_shop.put(ids[1], {FUSED: [X]})

    found = await shared_shop.search(FUSED, X, metric, limit=100, compared=[IMAGE, TEXT, FUSED, AUDIO])

    seen, plain = ({hit.id: hit.elsewhere for hit in found.hits}[each] for each in ids)
    # Cosines are float32: the distance of like vectors is exact to 0.0005 only.
    assert {IMAGE: same, TEXT: across, FUSED: same} == pytest.approx(seen, abs=6e-4)
    assert {FUSED: same} == pytest.approx(plain, abs=6e-4)


async def test_comparing_equals_searching_there(shop):
    """What comparing says of many products is what a search in that space says of them."""
    rng = np.random.default_rng(5)
    views = [{FUSED: [rng.normal(size=4)], IMAGE: rng.normal(size=(1 + n % 3, 4))} for n in range(60)]
    await shop.write([shop.record(f"{n}", each) for n, each in enumerate(views)])
    query = rng.normal(size=4)

    found = await shop.search(FUSED, query, limit=60, compared=[IMAGE])
    there = await shop.search(IMAGE, query, limit=60, query_kind=FUSED)

    expected = {hit.id: hit.similarity for hit in there.hits}
    assert 60 == len(expected)
    assert expected == pytest.approx({hit.id: hit.elsewhere[IMAGE] for hit in found.hits}, abs=1e-5)


async def test_catalogues_are_listed_with_their_spaces(shop):
    """Every catalogue is told with the spaces of the vectors it has, and no other."""
    await shop.put("a", {FUSED: [X], IMAGE: [Y]})

    catalogs = await shop.keeper.catalogs()

    assert {FUSED: shop.spaces[FUSED], IMAGE: shop.spaces[IMAGE]} == catalogs[shop.catalog]


async def test_removed_products_are_gone_everywhere(shared_shop):
    """Removal takes all vectors, and says which ids were unknown."""
    await shared_shop.put("removed", {FUSED: [X], TEXT: [X], IMAGE: [X, Y], AUDIO: [Z]})

    assert ["unknown"] == await shared_shop.keeper.remove(shared_shop.catalog, ["removed", "unknown"])

    assert {} == await shared_shop.products(["removed"])
    for kind in SpaceKind:
        assert set() == await _rows(shared_shop, kind, "removed")
    assert ["removed"] == await shared_shop.keeper.remove(shared_shop.catalog, ["removed"])


async def test_reading_keeps_the_order_of_the_ids(shared_shop):
    """Products come in the order in which they were asked for, the unknown left out, the repeated once."""
    for each in ("r1", "r2"):
        await shared_shop.put(each, {FUSED: [X]})

    rows, record = await shared_shop.keeper.read(
        shared_shop.catalog, ["r2", "r0", "r1", "r2"], with_vectors=True
    )

    assert ["r2", "r1"] == [row.key.product_id for row in rows]
    np.testing.assert_allclose(X, rows[0].values)
    assert FUSED == record.kind


async def test_hostile_ids_are_ids_like_any_other(shop):
    """Whatever an id holds, it names one product: in writing, reading, searching and removing."""
    await shop.write([shop.record(each, {FUSED: [X], IMAGE: [X, Y]}) for each in HOSTILE_IDS])

    assert set(HOSTILE_IDS) == set(await shop.ids(IMAGE, X, limit=100))
    for each in HOSTILE_IDS:
        assert {each: each.encode()} == await shop.products([each])
    assert [] == await shop.keeper.remove(shop.catalog, HOSTILE_IDS[:1])
    assert set(HOSTILE_IDS[1:]) == set(await shop.products(HOSTILE_IDS))
    assert [] == await shop.keeper.remove(shop.catalog, HOSTILE_IDS[1:])
    assert [] == await shop.ids(IMAGE, X)


async def test_products_of_the_largest_size(shared_shop):
    """A product of 48,000 bytes, none of them text, comes back as it was."""
    product = bytes(range(256)) * 187 + bytes(128)
    await shared_shop.put("large", {FUSED: [X]}, product)

    assert 48_000 == len(product)
    assert {"large": product} == await shared_shop.products(["large"])


async def test_an_unknown_catalogue(shop):
    """Searching, reading and removing in a catalogue that does not exist names the field."""
    for attempt in (
        shop.search(FUSED, X),
        shop.keeper.read(shop.catalog, ["a"], with_vectors=False),
        shop.keeper.remove(shop.catalog, ["a"]),
    ):
        with pytest.raises(NotFound) as caught:
            await attempt
        assert (Reason.CATALOG_NOT_FOUND, "catalog") == (caught.value.reason, caught.value.field)


async def test_a_catalogue_keeps_its_spaces(shared_shop):
    """Vectors of another pack, or the same with another dimension, are refused and change nothing."""
    await shared_shop.put("kept", {FUSED: [X]}, b"kept")
    for space, reason in (
        (Space("other-2/fused", 4), Reason.SPACE_MISMATCH),
        (Space("test-1/fused", 5), Reason.DIMENSION_MISMATCH),
        (Space("test-1/fused", 4, unit_length=False), Reason.SIMILARITY_NOT_INDEXED),
    ):
        record = shared_shop.record("kept", {FUSED: [X]}, b"changed")
        with pytest.raises(InvalidArgument) as caught:
            await shared_shop.keeper.write(shared_shop.catalog, {FUSED: space}, [record])
        assert reason == caught.value.reason
        assert caught.value.field.startswith("spaces[0].space.")
    assert {"kept": b"kept"} == await shared_shop.products(["kept"])


async def test_creating_twice_at_once_makes_one_collection(shop):
    """Two first writers get the same collection."""
    space = shop.spaces[FUSED]

    first, second = await asyncio.gather(*(shop.index.create(shop.catalog, FUSED, space) for _ in range(2)))

    assert first == second
    assert first == await shop.index.collection(shop.catalog, FUSED, fresh=True)


async def test_a_sample_is_of_all_rows_once(shop, monkeypatch):
    """A sample as large as the collection is the collection; a smaller one some of it, the same each time."""
    angles = np.linspace(0, 3, 40)
    await shop.write(
        [shop.record(f"{n} \\", {FUSED: [(np.cos(a), np.sin(a), 0, 0)]}) for n, a in enumerate(angles)]
    )
    collection = await shop.index.collection(shop.catalog, FUSED)
    monkeypatch.setattr(type(shop.index), "rows_max", 16)  # several pages of keys

    whole = await shop.index.sample(collection, 100)
    some = await shop.index.sample(collection, 10)

    np.testing.assert_allclose(np.sort(np.cos(angles)), np.sort(whole[:, 0]), atol=1e-6)
    assert (10, 4) == np.unique(some, axis=0).shape
    assert {tuple(each) for each in some} <= {tuple(each) for each in whole}
    np.testing.assert_array_equal(some, await shop.index.sample(collection, 10))


async def test_keys_come_in_pages(shop):
    """Page by page every key comes once, whatever it looks like; after the last there is none."""
    ids = [*HOSTILE_IDS, *(f"p{n}" for n in range(20))]
    await shop.write([shop.record(each, {FUSED: [X], IMAGE: [X, Y]}) for each in ids])
    for kind, expected in (
        (FUSED, {(each, 0) for each in ids}),
        (IMAGE, {(e, v) for e in ids for v in (0, 1)}),
    ):
        collection = await shop.index.collection(shop.catalog, kind)
        pages = [await shop.index.keys_after(collection, None, 7)]
        while pages[-1]:
            pages.append(await shop.index.keys_after(collection, pages[-1][-1], 7))
        keys = [(key.product_id, key.view) for page in pages for key in page]
        assert {7} == {len(page) for page in pages[:-2]}
        assert sorted(expected) == sorted(keys)


async def test_reading_what_may_be_older(shop):
    """What need not be fresh is read all the same."""
    await shop.put("a", {FUSED: [X]}, b"product")
    collection = await shop.index.collection(shop.catalog, FUSED)

    keys = [RowKey("a", 0), RowKey("b", 0)]
    (row,) = await shop.index.read(collection, keys, with_vectors=True, fresh=False)

    assert (RowKey("a", 0), b"product") == (row.key, row.product)


async def test_warm_up_and_ping_pass_on_a_store_that_is_well(shared_shop):
    """A store that answers, all collections loaded, is ready."""
    await shared_shop.put("warm", {FUSED: [X]})

    await shared_shop.index.warm_up()
    await shared_shop.index.ping()


async def _rows(shop, kind, product_id):
    collection = await shop.index.collection(shop.catalog, kind, fresh=True)
    if collection is None:
        return set()
    return await shop.index.existing(collection, [RowKey(product_id, view) for view in range(16)])


async def test_products_are_walked_through_once_each(shared_shop):
    """Pages of keys hold every row once, whatever their ids hold, and with a filter those that pass it alone."""
    shop = shared_shop
    ids = [f"walk {each[:100]}" for each in HOSTILE_IDS] + [f"walk-{n}" for n in range(7)]
    records = [
        shop.record(each, {FUSED: [X]}, facts=Facts(brand="walked", price=float(place)))
        for place, each in enumerate(ids)
    ]
    await shop.write(records)
    record = await shop.index.collection(shop.catalog, FUSED)
    among = parse('brand = "walked" AND price < 10', {})

    everything = await _walked(shop.index, record, None)
    passing = await _walked(shop.index, record, among)

    assert sorted(ids[:10]) == sorted(passing)
    assert len(everything) == len(set(everything)) == await shop.index.count(record)
    assert set(ids) <= set(everything)


async def test_a_dropped_catalogue_is_gone_and_can_be_made_again(shop):
    """Nothing of it is found afterwards, also when a catalogue of its name is made anew; others stay as they are."""
    await shop.put("a", {FUSED: [X], IMAGE: [X, Y]})
    other = type(shop)(shop.index, catalog=f"{shop.catalog}_other")
    await other.put("a", {FUSED: [X]})

    assert await shop.index.drop(shop.catalog)
    assert not await shop.index.drop(shop.catalog)

    assert await shop.index.collection(shop.catalog, FUSED, fresh=True) is None
    with pytest.raises(NotFound):
        await shop.products(["a"])
    assert ["a"] == await other.ids(FUSED, X)
    await shop.put("b", {FUSED: [X]})
    assert {"b": b"b"} == await shop.products(["a", "b"])
    assert [] == await shop.ids(IMAGE, X)
    assert await shop.index.drop(other.catalog)


async def _walked(index, record, among):
    ids, last = [], None
    while page := await index.keys_after(record, last, 4, among=among):
        ids += [key.product_id for key in page]
        last = page[-1]
    return ids
