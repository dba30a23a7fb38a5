"""A filter means what a plain reading of it means."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.parse import parse
from tests.filters_strategy import ATTRIBUTES, product, product_id, written


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**64))
def test_ten_thousand_filters_hold_where_a_plain_reading_says_so(seed):
    """Whatever is written, of whatever product: parsed and evaluated, it is what the words say. 100 seeds of 100."""
    random = Random(seed)
    products = [(product_id(random, number), product(random)) for number in range(8)]

    for _ in range(100):
        filter_ = written(random)
        tree = parse(filter_.text, ATTRIBUTES)
        for each in products:
            assert (filter_.text, filter_.holds(*each)) == (filter_.text, evaluate(tree, *each))
