"""A filter means the same in every store as in plain Python."""

from random import Random

import numpy as np
import pytest

from services.search.core.filters.parse import parse
from services.search.core.model import Facts
from services.search.core.writing import Written
from tests.filters_strategy import ATTRIBUTES, product, product_id, written
from triptych.vocabulary.choices import SpaceKind

FUSED, IMAGE = SpaceKind.FUSED, SpaceKind.IMAGE
X = (1.0, 0, 0, 0)
# 10,000 filters are tried in memory (tests/unit); a strongly consistent Milvus takes half a second for each.
PRODUCTS, FILTERS = 150, 150


@pytest.fixture(scope="session")
async def stocked(index, new_shop):
    """A catalogue of random products, and what they are."""
    shop, random = new_shop(), Random(7)
    products = {product_id(random, number): product(random) for number in range(PRODUCTS)}
    vectors = np.random.default_rng(7).normal(size=(PRODUCTS, 4))
    records = [
        shop.record(each, {FUSED: [vector], IMAGE: [vector, -vector]}, facts=facts)
        for (each, facts), vector in zip(products.items(), vectors, strict=True)
    ]
    for start in range(0, PRODUCTS, 50):
        outcomes = await shop.write(records[start : start + 50])
        assert all(isinstance(each, Written) for each in outcomes)
    return shop, products


async def found(shop, tree, kind=FUSED):
    collection = await shop.index.collection(shop.catalog, kind)
    query = shop.vector(kind, X).values
    neighbours = await shop.index.nearest(collection, query, PRODUCTS * 2, with_vectors=False, among=tree)
    return sorted({each.row.key.product_id for each in neighbours})


async def test_random_filters_find_what_they_say(stocked):
    """Strings of every kind, missing fields, lists, numbers and NOT: each store agrees with a plain reading."""
    shop, products = stocked
    random = Random(11)

    for _ in range(FILTERS):
        filter_ = written(random)
        expected = sorted(each for each, facts in products.items() if filter_.holds(each, facts))
        assert (filter_.text, expected) == (
            filter_.text,
            await found(shop, parse(filter_.text, ATTRIBUTES)),
        )


async def test_filters_hold_in_every_space(stocked):
    """Rows of pictures know what their product is, too."""
    shop, products = stocked
    expected = sorted(each for each, facts in products.items() if facts.in_stock)

    assert expected == await found(shop, parse("in_stock = true", {}), IMAGE)


@pytest.mark.parametrize(
    "hostile",
    [
        '" or 1==1 or brand != "',
        "' or 1==1 or brand != '",
        'x"] or price > 0 or brand in ["',
        "\\",
        '\\" or product_id != \\"',
        "%22 or product_id != %22",
        'x") or exists(attributes["sx"]) or (brand == "',
        "\x00",
        "$meta",
        "{x}",
    ],
)
async def test_strings_bring_nothing_into_an_expression(stocked, hostile):
    """As a value and as the name of an attribute: nothing else is found, and nothing breaks."""
    shop, products = stocked
    quoted = '"' + hostile.replace("\\", "\\\\").replace('"', '\\"') + '"'
    expected = {
        f"brand = {quoted}": [each for each, facts in products.items() if facts.brand == hostile],
        f"id = {quoted}": [each for each in products if each == hostile],
        f"attributes.{quoted} = {quoted}": [],
        f"attributes.{quoted}:*": [],
        f"NOT attributes.{quoted} = {quoted}": list(products),
    }

    for text, ids in expected.items():
        assert sorted(ids) == await found(shop, parse(text, {hostile: ["string"]}))


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join(f"attributes.weight = {number}" for number in range(1000, 1150))
        + " OR attributes.weight = 2.5",
        "("
        + " OR ".join(f"attributes.weight = {n}" for n in range(1000, 1150))
        + ") OR attributes.weight = 2.5",
        "attributes.weight : (" + ", ".join(str(number) for number in range(1000, 2000)) + ", 2.5)",
        "NOT (" + " AND ".join(["attributes.weight != 7", *["attributes.weight != 2.5"] * 100]) + ")",
        "attributes.weight = 2.5"
        + "".join(f" AND NOT (price = {n + 1}e9 AND NOT (in_stock:*" for n in range(4))
        + "))" * 4,
    ],
    ids=["chain", "nested chain", "list", "negated chain", "deep"],
)
async def test_the_largest_filters_are_taken(stocked, text):
    """Whatever the grammar lets through, each store understands."""
    shop, products = stocked
    expected = sorted(each for each, facts in products.items() if facts.attributes.get("weight") == 2.5)

    assert expected
    assert expected == await found(shop, parse(text, ATTRIBUTES))


async def test_attributes_are_kept_with_their_kinds(shop):
    """Each write adds what is new; nothing that was known goes."""
    await shop.write([shop.record("a", {FUSED: [X]}, facts=Facts(attributes={"x": 1.0, '蓝 "': "red"}))])
    await shop.write([shop.record("b", {FUSED: [X]}, facts=Facts(attributes={"x": ("1",), "y": True}))])
    await shop.write([shop.record("a", {FUSED: [X]})])

    expected = {"x": {"number", "strings"}, '蓝 "': {"string"}, "y": {"boolean"}}
    assert expected == (await shop.keeper.facts(shop.catalog)).attributes
    assert expected == (await shop.index.collection(shop.catalog, FUSED)).attributes


async def test_a_calibration_is_kept_replaced_and_removed(shop):
    """Beside the attributes, which stay."""
    await shop.write([shop.record("a", {FUSED: [X]}, facts=Facts(attributes={"x": 1.0}))])

    for calibration in ('{"curves": 1}', '{"curves": 2}', ""):
        await shop.keeper.set_calibration(shop.catalog, calibration)
        facts = await shop.keeper.facts(shop.catalog)
        assert (calibration, {"x": {"number"}}) == (facts.calibration, facts.attributes)
    assert shop.spaces[FUSED] == facts.space
