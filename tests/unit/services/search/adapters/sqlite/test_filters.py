"""Filters in SQL mean what `evaluate` means."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.adapters.sqlite.filters import condition
from services.search.adapters.sqlite.lexical import SqliteLexicalIndex
from services.search.adapters.sqlite.store import SqliteStore
from services.search.adapters.sqlite.tables import Tables
from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.model import And, Compare, Field, Has, Not, OneOf, Or, Order
from services.search.core.filters.parse import parse
from services.search.core.filters.syntax import NESTING_MAX
from tests.filters_strategy import ATTRIBUTES, product, product_id, written

PRODUCTS = {product_id(Random(number), number): product(Random(number)) for number in range(150)}


@pytest.fixture(scope="module")
async def ask(tmp_path_factory):
    """Returns which of PRODUCTS pass a filter, by SQL."""
    store = SqliteStore(tmp_path_factory.mktemp("filters") / "lexical.db")
    await SqliteLexicalIndex(store).write("shop", PRODUCTS)
    connection = store._connection()

    def passing(tree):
        where = condition(tree)
        sql = Tables(1)(f"SELECT p.id FROM products_# p WHERE {where.sql}")
        return {each for (each,) in connection.execute(sql, where.bound)}

    yield passing
    await store.close()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_filters_mean_the_same_in_sql(ask, seed):
    """Of 150 products exactly those pass of which a filter holds. 20 seeds of 50 filters."""
    random = Random(seed)
    for _ in range(50):
        tree = parse(written(random).text, ATTRIBUTES)
        expected = {each for each, facts in PRODUCTS.items() if evaluate(tree, each, facts)}
        assert (tree, expected) == (tree, ask(tree))


def test_long_and_deep_filters_can_be_asked(ask):
    """As many operands and as deep a nesting as a filter's text has room for are no error."""
    leaf = OneOf(Field("brand"), ("red",))
    expected = {each for each, facts in PRODUCTS.items() if facts.brand == "red"}
    assert expected == ask(Or((*(OneOf(Field("brand"), (f"x{n}",)) for n in range(2000)), leaf)))
    assert expected == ask(And((leaf,) * 2000))
    assert expected == ask(OneOf(Field("brand"), ("red", *(f"x{n}" for n in range(5000)))))
    deep, wide = leaf, Not(leaf)
    for level in range(NESTING_MAX):
        deep = Not(deep)
        others = (OneOf(Field(f"x{level}", is_attribute=True), ("x",)),) * 50
        wide = Not(Or((wide, *others))) if level % 2 else Not(And((wide, *map(Not, others))))
    assert expected == ask(deep)
    assert set(PRODUCTS) - expected == ask(wide)


def test_kinds_are_kept_apart(ask):
    """What a field cannot hold is held by no product: no error, and true where it is negated."""
    everything = set(PRODUCTS)
    for tree in (
        OneOf(Field("brand"), (1.0,)),
        OneOf(Field("price"), ("1",)),
        OneOf(Field("in_stock"), (1.0,)),
        Compare(Field("brand"), Order.BELOW, 1.0),
        Has(Field("nothing")),
    ):
        assert set() == ask(tree)
        assert everything == ask(Not(tree))
