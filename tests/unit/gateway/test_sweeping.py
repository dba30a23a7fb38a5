"""Sweeping kept media: what products name stays, what none names is told and removed, and doubt removes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.cursors import SealedCursors
from gateway.adapters.products import PackedProducts
from gateway.core.model.catalog import ProductRecord
from gateway.core.model.keeping import RecordPage
from gateway.core.sweeping import SPARED_S, Sweeping
from triptych.v1.types_pb2 import Media, Product
from triptych.vocabulary.errors import FailedPrecondition, InvalidArgument, NotFound, Reason

NOW_S = 1_000_000.0
LONG_AGO_S = NOW_S - SPARED_S - 1


class Store:
    """Catalogues by name: the media of each product by its id."""

    def __init__(self, **catalogs):
        self.kept = catalogs
        self.broken = []

    async def catalogs(self):
        return {each: {} for each in self.kept}

    async def unreadable(self):
        return self.broken

    async def page(self, catalog, filter, after_id, limit, *, with_products):  # noqa: A002
        if catalog not in self.kept:
            raise NotFound("Gone.", reason=Reason.CATALOG_NOT_FOUND)
        ids = sorted(each for each in self.kept[catalog] if each > after_id)[:limit]
        return RecordPage([self._record(catalog, each) for each in ids], ids[-1] if len(ids) == limit else "")

    def _record(self, catalog, product_id):
        images = [Media(content_id=each) for each in self.kept[catalog][product_id]]
        return ProductRecord(product_id, Product(id=product_id, images=images).SerializeToString())


class KeptMedia:
    """When each content was last kept, by its id."""

    def __init__(self, **kept_s):
        self.kept_s = kept_s

    async def confirm(self, ids):
        self.kept_s |= {each: NOW_S for each in ids if each in self.kept_s}
        return [each for each in ids if each not in self.kept_s]

    async def ids(self, after, limit, before_s):
        return sorted(each for each, kept_s in self.kept_s.items() if each > after and kept_s < before_s)[
            :limit
        ]

    async def remove(self, ids, before_s):
        found = [each for each in ids if self.kept_s.get(each, before_s) < before_s]
        for each in found:
            del self.kept_s[each]
        return len(found)


class Walk:
    """A sweep, page by page."""

    def __init__(self, store, media):
        self._sweeping = Sweeping(store, media, PackedProducts(), SealedCursors("k" * 32), lambda: NOW_S)
        self.products, self.lost, self.unnamed, self.removed, self.token = 0, [], [], 0, ""

    async def step(self, *, remove=False, limit=2):
        page = await self._sweeping.page(self.token, limit, remove=remove)
        self.products += page.products
        self.removed += page.removed
        self.lost += page.lost
        self.unnamed += page.unnamed
        self.token = page.next_token
        return bool(self.token)

    async def through(self, **how):
        while await self.step(**how):
            pass
        return self


async def test_what_no_product_names_is_told_and_removed_when_asked():
    """Whatever catalogue names a content keeps it; what was kept within the hour stays."""
    store = Store(hats={"a": ["x"]}, shoes={"b": ["x", "y"], "c": []})
    media = KeptMedia(x=LONG_AGO_S, y=LONG_AGO_S, z=LONG_AGO_S, young=NOW_S - SPARED_S + 1)

    told = await Walk(store, media).through()
    assert (3, ["z"], 0, []) == (told.products, told.unnamed, told.removed, told.lost)
    assert "z" in media.kept_s

    swept = await Walk(store, media).through(remove=True)
    assert (["z"], 1) == (swept.unnamed, swept.removed)
    assert {"x", "y", "young"} == set(media.kept_s)


async def test_what_a_product_names_and_nobody_keeps_is_told():
    """Such a product cannot be encoded again."""
    walk = await Walk(Store(hats={"a": ["x", "gone"]}), KeptMedia(x=NOW_S)).through()

    assert (["gone"], []) == (walk.lost, walk.unnamed)


@pytest.mark.parametrize("steps", [0, 1, 4])
async def test_a_catalogue_that_cannot_be_read_keeps_all_media(steps):
    """Nobody knows what its products name; however far the walk has come by then."""
    store, media = Store(hats={"a": ["x"]}), KeptMedia(x=LONG_AGO_S, z=LONG_AGO_S, zz=LONG_AGO_S)
    walk = Walk(store, media)
    for _ in range(steps):
        await walk.step(remove=True, limit=1)
    before = set(media.kept_s)
    store.broken = ["old"]

    with pytest.raises(FailedPrecondition) as caught:
        await walk.through(remove=True, limit=1)

    assert (Reason.CATALOG_OUTDATED, "old") == (caught.value.reason, caught.value.metadata["catalogs"])
    assert before == set(media.kept_s)


async def test_catalogues_come_and_go_meanwhile():
    """One that is removed during the walk names nothing any more; one that is made then is read if it comes later."""
    store = Store(a={"1": ["w"], "2": [], "3": []}, b={"1": ["x"]})
    media = KeptMedia(w=LONG_AGO_S, x=LONG_AGO_S, y=LONG_AGO_S)
    walk = Walk(store, media)
    await walk.step()
    del store.kept["a"]
    store.kept["c"] = {"1": ["y"]}

    await walk.through(remove=True)

    assert {"w", "x", "y"} == set(media.kept_s)
    assert ["w"] == (await _an_hour_later(store, media)).unnamed


async def _an_hour_later(store, media):
    media.kept_s = dict.fromkeys(media.kept_s, LONG_AGO_S)
    return await Walk(store, media).through(remove=True)


async def test_tokens_of_other_lists_are_refused():
    """Where a walk is cannot be made up."""
    walk = Walk(Store(), KeptMedia())
    walk.token = SealedCursors("k" * 32).seal("{}", "products", "")

    with pytest.raises(InvalidArgument) as caught:
        await walk.step()
    assert Reason.PAGE_TOKEN_INVALID == caught.value.reason


ids = st.sampled_from("abcdefgh")
catalogs = st.dictionaries(
    st.sampled_from(["hats", "shoes", "mugs"]), st.dictionaries(ids, st.lists(ids, max_size=3), max_size=6)
)


@given(catalogs, st.dictionaries(ids, st.sampled_from([LONG_AGO_S, NOW_S])), st.integers(1, 5))
async def test_exactly_what_is_old_and_unnamed_goes(products, kept_s, limit):
    """However many are looked at together."""
    media = KeptMedia(**kept_s)
    named = {each for of in products.values() for media_ids in of.values() for each in media_ids}
    old = {each for each, since_s in kept_s.items() if since_s == LONG_AGO_S}

    walk = await Walk(Store(**products), media).through(remove=True, limit=limit)

    assert (old - named, named - set(kept_s)) == (set(walk.unnamed), set(walk.lost))
    assert set(kept_s) - (old - named) == set(media.kept_s)
