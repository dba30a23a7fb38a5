"""What Milvus is asked for."""

import pytest

from services.search.adapters.milvus.requests import EF_MAX, widened


@pytest.mark.parametrize(
    ("passing", "rows", "expected"),
    [
        (100, 100, 128),
        (50, 100, 128),
        (20, 100, 128),
        (10, 100, 256),
        (1, 100, 2560),
        (1, 10**9, EF_MAX),
        (0, 100, EF_MAX),
        (0, 0, EF_MAX),
        # Counted one after the other, while products are written.
        (12, 10, 128),
    ],
)
def test_the_fewer_pass_the_more_candidates_are_kept(passing, rows, expected):
    """From a fifth on as many as ever; as many more as the share is smaller; never more than Milvus takes."""
    assert expected == widened(128, passing, rows)
