"""Facets and totals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.core.model import Interval
from services.search.core.query import FacetWish
from tests.memory_shop import MemoryShop, at
from triptych.vocabulary.errors import Reason

X = (1.0, 0.0)
COLOURS = ("red", "blue", "green")
BRANDS = ("A", "B")
PRICES = (None, 5.0, 10.0, 19.99, 50.0)


async def shop_of(products):
    shop = MemoryShop()
    for n, (colours, brand, price, group) in enumerate(products):
        await shop.put(
            f"{n:02}", at(0.5), price=price, brand=brand, colours=colours, group_id=group, stars=n % 3
        )
    return shop


products = st.lists(
    st.tuples(
        st.lists(st.sampled_from(COLOURS), min_size=1, unique=True),
        st.sampled_from(("", *BRANDS)),
        st.sampled_from(PRICES),
        st.sampled_from(("", "g1", "g2")),
    ),
    min_size=1,
    max_size=12,
)


def most_frequent(values, limit):
    counts = {value: values.count(value) for value in values}
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:limit])


@given(products, st.sampled_from(["", *BRANDS]), st.integers(1, 3))
async def test_counts_are_those_of_looking_at_every_product(products, brand, limit):
    """Values, intervals and totals, under a filter, equal brute force and say that they are exact."""
    shop = await shop_of(products)
    kept = [each for each in products if not brand or each[1] == brand]
    bounds = (10.0, 50.0)

    found = await shop.search(
        X,
        1,
        filter=f'brand = "{brand}"' if brand else "",
        facets=(
            FacetWish("attributes.colours", limit),
            FacetWish("price", bounds=bounds),
            FacetWish("price"),
        ),
        counted=True,
    )

    colours, intervals, prices = found.facets
    numbers = [price for _, _, price, _ in kept if price is not None]
    assert most_frequent([colour for each in kept for colour in each[0]], limit) == colours.counts
    assert most_frequent(numbers, 20) == prices.counts
    assert (
        (Interval(None, 10.0), sum(price < 10 for price in numbers)),
        (Interval(10.0, 50.0), sum(10 <= price < 50 for price in numbers)),
        (Interval(50.0, None), sum(price >= 50 for price in numbers)),
    ) == intervals.counts
    assert (len(kept), True) == (found.total.number, found.total.is_exact)
    assert all(each.is_exact for each in found.facets)


async def test_a_facet_may_pass_over_its_own_filter():
    """What else could be chosen is counted under all other conditions."""
    shop = await shop_of([(["red"], "A", 5, ""), (["blue"], "A", 50, ""), (["red"], "B", 5, "")])
    wish = FacetWish("brand", exclude_own_filter=True)

    found = await shop.search(X, filter='brand = "A" AND price < 10', facets=(wish, FacetWish("brand")))

    assert (("A", 1), ("B", 1)) == found.facets[0].counts
    assert (("A", 1),) == found.facets[1].counts


async def test_what_is_excluded_is_not_counted_without_the_own_filter_either():
    """Exclusions are no condition of the facet's."""
    shop = await shop_of([(["red"], "A", 5, ""), (["red"], "B", 5, "")])
    wish = FacetWish("brand", exclude_own_filter=True)

    found = await shop.search(X, filter='brand = "A"', excluded_ids=("01",), facets=(wish,))

    assert (("A", 1),) == found.facets[0].counts


async def test_groups_are_counted_where_they_are_shown():
    """The total is of groups, those without one for themselves; facets are of products all the same."""
    shop = await shop_of([(["red"], "A", 5, "g1"), (["red"], "A", 5, "g1"), (["red"], "A", 5, "")])

    found = await shop.search(X, grouped=True, counted=True, facets=(FacetWish("brand"),))

    assert 2 == found.total.number
    assert (("A", 3),) == found.facets[0].counts


async def test_nothing_is_counted_that_was_not_asked_for():
    """A total is absent, not 0."""
    assert None is (await (await shop_of([(["red"], "A", 5, "")])).search(X)).total


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (FacetWish("title"), "facets[1].field"),
        (FacetWish("attributes.unknown"), "facets[1].field"),
        (FacetWish("brand", bounds=(1.0,)), "facets[1].bounds"),
        (FacetWish("attributes.colours", bounds=(1.0,)), "facets[1].bounds"),
        (FacetWish("price", bounds=(2.0, 1.0)), "facets[1].bounds"),
        (FacetWish("price", bounds=(1.0, 1.0)), "facets[1].bounds"),
        (FacetWish("price", bounds=(float("nan"),)), "facets[1].bounds"),
        (FacetWish("price", bounds=(float("inf"),)), "facets[1].bounds"),
    ],
)
async def test_what_cannot_be_counted_is_refused(wish, field, raises_invalid):
    """Each facet is named by its place."""
    shop = await shop_of([(["red"], "A", 5, "")])

    await raises_invalid(shop.search(X, facets=(FacetWish("brand"), wish)), Reason.FIELD_INVALID, field)


async def test_an_attribute_of_numbers_has_intervals():
    """Like a price."""
    shop = await shop_of([(["red"], "A", 5, "")] * 4)

    found = await shop.search(X, facets=(FacetWish("attributes.stars", bounds=(1.0,)),))

    assert ((Interval(None, 1.0), 2), (Interval(1.0, None), 2)) == found.facets[0].counts
