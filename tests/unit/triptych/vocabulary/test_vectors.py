"""Vectors on the wire."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import pack, pack_of, unit, unpack

numbers = npst.arrays(np.float32, st.integers(1, 64), elements=st.floats(-1e6, 1e6, width=32))


class TestUnpack:
    @given(numbers.filter(lambda values: np.linalg.norm(values.astype("f8")) > 1e-6))
    def test_the_way_there_and_back_loses_nothing(self, values):
        """Unpack is the inverse of pack."""
        np.testing.assert_array_equal(values, unpack(pack(values), len(values), "p/text").values)

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_number_that_is_not_finite_is_refused(self, value):
        """The field of the data is named."""
        with pytest.raises(InvalidArgument) as caught:
            unpack(pack(np.array([1, value], "f")), 2, "p/text", "parts[0].vector")

        assert (Reason.VECTOR_INVALID, "parts[0].vector.data") == (caught.value.reason, caught.value.field)

    def test_a_vector_of_zeros_is_refused(self):
        """It has no direction."""
        with pytest.raises(InvalidArgument) as caught:
            unpack(pack(np.zeros(4, "f")), 4, "p/text")

        assert Reason.VECTOR_INVALID == caught.value.reason

    def test_a_wrong_length_is_refused(self):
        """Bytes and dimension must agree."""
        with pytest.raises(InvalidArgument) as caught:
            unpack(b"12345678", 3, "p/text")

        assert Reason.DIMENSION_MISMATCH == caught.value.reason

    def test_large_finite_numbers_pass(self):
        """The check itself must not overflow."""
        assert 2 == len(unpack(pack(np.array([3e38, 3e38], "f")), 2, "p/text").values)


def test_the_pack_of_a_space_is_what_stands_before_its_kind():
    """Spaces of one pack are comparable."""
    assert "triptych-demo-1" == pack_of("triptych-demo-1/image")


def test_unit_has_length_one():
    """Direction kept, length 1."""
    np.testing.assert_allclose([0.6, 0.8], unit(np.array([3, 4], "f")))
