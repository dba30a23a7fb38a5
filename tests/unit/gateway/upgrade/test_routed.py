"""Writes and recommendations while a catalogue is switched from one pack to another."""

from dataclasses import replace

from fakes import FakeEncoder, FakeFuser, FakeIndex

from gateway.adapters.products import PackedProducts
from gateway.core.catalog import Catalog
from gateway.core.clock import Ahead
from gateway.core.model.catalog import NewProduct, PlannedWrite, ProductRecord
from gateway.core.model.query import Content
from gateway.core.model.writes import Written
from gateway.core.planning import PlannedWrites
from gateway.core.recommend.recommender import Customer
from gateway.core.upgrade.model import Generation, Generations, Pair
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.routed import RoutedRecommender, RoutedWrites
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import Aborted, InvalidArgument, Reason
from triptych.vocabulary.vectors import Space

SWITCHED = InvalidArgument("Of another pack.", reason=Reason.SPACE_MISMATCH)


class Describer:
    def __init__(self, pack):
        self.pack = pack

    async def fused_space(self):
        return Space(f"{self.pack}/fused", 32)


class Store:
    """A catalogue that is switched after it was first looked at."""

    def __init__(self):
        self.packs = ["old", "new"]

    async def describe(self, catalog, *, counted=False):
        pack = self.packs.pop(0) if len(self.packs) > 1 else self.packs[0]
        return Generations(Generation("a", pack))


class OldFuser(FakeFuser):
    """Meets a vector of the new pack in the last group."""

    async def fuse(self, strategy, groups):
        made = await super().fuse(strategy, groups)
        return replace(made, outcomes=(*made.outcomes[:-1], SWITCHED))


def product(product_id, title):
    record = Product(id=product_id, title=title).SerializeToString()
    return NewProduct(product_id, record, (Content(Modality.TEXT, "title", text=title),))


def routed(index, old_fuser):
    old, new = Pair(FakeEncoder(), old_fuser), Pair(FakeEncoder(), FakeFuser())
    packs = Packs({old: Describer("old"), new: Describer("new")}, Store())
    reader = PackedProducts()
    return RoutedWrites(
        index,
        Catalog(old.encoder, old.fuser, index, reader, Ahead(24, lambda: 0.0)),
        PlannedWrites(old.encoder, old.fuser, index, reader, reader),
        packs,
    )


async def test_what_is_written_is_not_written_again_for_those_that_met_a_switch():
    """Somebody else's write that came in between would be undone."""

    class Index(FakeIndex):
        async def write(self, catalog, spaces, products):
            is_first = catalog not in self.products
            outcomes = await super().write(catalog, spaces, products)
            if is_first:
                self.products[catalog]["a"] = replace(self.products[catalog]["a"], record=b"newer")
            return outcomes

    index = Index()
    outcomes = await routed(index, OldFuser()).upsert("shop", [product("a", "hat"), product("b", "mug")])

    assert [Written(), Written()] == outcomes
    assert b"newer" == index.products["shop"]["a"].record
    assert "b" in index.products["shop"]


async def test_a_plan_that_met_a_switch_leaves_the_rest_of_its_request_alone():
    """The search room refuses all of what was planned, and what was written beside it is kept."""

    class Index(FakeIndex):
        def __init__(self):
            super().__init__()
            self.refusals = [SWITCHED]
            self.written = []

        async def plan(self, catalog, products):
            made = [PlannedWrite(ProductRecord(each.id, each.record, etag="planned on")) for each in products]
            return made, {}

        async def write(self, catalog, spaces, products):
            if products[0].terms.base_etag and self.refusals:
                raise self.refusals.pop()
            self.written += [each.id for each in products]
            late = Aborted("Newer ones are stored.", reason=Reason.WRITE_CONFLICT)
            is_late = [each.id == "late" and not each.terms.base_etag for each in products]
            return [late if each else Written() for each in is_late]

    index = Index()
    outcomes = await routed(index, FakeFuser()).upsert("shop", [product("a", "hat"), product("late", "mug")])

    assert [Written(), Written()] == outcomes
    assert ["a", "late", "late", "late"] == index.written


async def test_a_recommendation_that_met_a_switch_is_made_again():
    """What was read before it is of another space than what is searched after it."""
    asked = []

    class Walk:
        async def recommend(self, customer):
            asked.append(customer)
            if len(asked) == 1:
                raise SWITCHED
            return "recommended"

    old, new = Pair(FakeEncoder(), FakeFuser()), Pair(FakeEncoder(), FakeFuser())
    packs = Packs({old: Describer("old"), new: Describer("new")}, Store())
    customer = Customer("demo", (), "", 10, include_bought=False, half_life_s=1.0, diversity_lambda=0.5)

    assert "recommended" == await RoutedRecommender(Walk(), packs).recommend(customer)
    assert [customer, customer] == asked
