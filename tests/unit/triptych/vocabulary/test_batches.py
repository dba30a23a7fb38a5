"""Many items in batches."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from triptych.vocabulary.batches import batched

SIZES = st.lists(st.integers(0, 12))


@given(SIZES, st.integers(1, 10), st.none() | st.integers(1, 5))
def test_batches_hold_all_in_order_and_fit(sizes, size_max, count_max):
    """Nothing is lost, nothing is too much but what is so by itself, and no batch could have held the next item too."""
    made = list(batched(sizes, lambda size: size, size_max, count_max))

    assert sizes == [size for batch in made for size in batch]
    for batch in made:
        assert len(batch) == 1 or (batch and sum(batch) <= size_max)
        assert count_max is None or len(batch) <= count_max
    for batch, following in pairwise(made):
        assert len(batch) == count_max or sum(batch) + following[0] > size_max
