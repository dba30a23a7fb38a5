"""Rows as Milvus's columns."""

import string

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.search.adapters.milvus.rows import (
    UPSERT_BYTES_MAX,
    batches,
    columns_of,
    expression,
    keys_of,
    primary_key,
    rows_of,
    vectors_of,
)
from services.search.adapters.milvus.schema import _KEY_BYTES_MAX, PRODUCT_ID, VECTOR, VIEW
from services.search.core.model import Row, RowKey

HARMLESS = set(string.ascii_letters + string.digits + "_.-~%:")

keys = st.builds(RowKey, st.text(st.characters(codec="utf-8"), min_size=1, max_size=128), st.integers(0, 15))


@given(keys)
def test_a_key_holds_nothing_that_an_expression_could_take_for_its_own(key):
    """Whatever an id holds, its key is plain, and fits its field."""
    written = primary_key(key)

    assert set(written) <= HARMLESS
    assert len(written) <= _KEY_BYTES_MAX


@given(keys, keys)
def test_different_rows_have_different_keys(one, other):
    """No id with one view is taken for another id with another view."""
    assert (one == other) == (primary_key(one) == primary_key(other))


def test_an_expression_lists_the_keys():
    """Rows are selected by their primary keys."""
    assert 'pk in ["0:a","3:a%22b"]' == expression([RowKey("a", 0), RowKey('a"b', 3)])


def test_columns_come_back_as_the_rows_they_were():
    """Every byte of a product and every bit of a vector survives."""
    rows = [
        Row(RowKey("a", 0), bytes(range(256)), np.array([0.1, -2.5e-30], np.float32)),
        Row(RowKey("蓝", 15), b"", np.array([3e38, 0.0], np.float32)),
    ]

    columns = columns_of(rows)
    read = rows_of(columns)

    assert [row.key for row in rows] == [row.key for row in read] == keys_of(columns)
    assert [row.product for row in rows] == [row.product for row in read]
    for row, again in zip(rows, read, strict=True):
        np.testing.assert_array_equal(row.values, again.values)
    without = rows_of([column for column in columns if column.field_name != VECTOR])
    assert [None, None] == [row.values for row in without]


def test_no_columns_are_no_rows():
    """Milvus answers a search without hits without columns."""
    assert [] == rows_of([])


def test_batches_fit_a_message_and_lose_nothing():
    """Rows are parted by size, in order; a row larger than the bound goes alone."""
    sizes = [UPSERT_BYTES_MAX // 8 * 5, UPSERT_BYTES_MAX // 4, 10, UPSERT_BYTES_MAX, 10]
    rows = [Row(RowKey(str(n), 0), bytes(size), None) for n, size in enumerate(sizes)]

    parted = list(batches(rows))

    assert [["0"], ["1", "2"], ["3"], ["4"]] == [[row.key.product_id for row in batch] for batch in parted]


def test_vectors_come_back_without_their_products():
    """Bit for bit, in the order of the keys; none where there are none."""
    values = np.array([[0.1, -2.5e-30, 3e38], [0.0, -0.0, 1.0]], np.float32)
    rows = [Row(RowKey(each, 2), b"", vector) for each, vector in zip("ab", values, strict=True)]
    columns = [each for each in columns_of(rows) if each.field_name in {PRODUCT_ID, VIEW, VECTOR}]

    keys, vectors = vectors_of(columns)

    assert [row.key for row in rows] == keys
    assert values.tobytes() == vectors.tobytes()
    assert [] == vectors_of([])[0]
