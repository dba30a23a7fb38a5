"""The checks of a group, and the parts that come out of them."""

import numpy as np
import pytest

from services.fusion.core.parts import WeightedVector, prepared, share_weighted_sum
from triptych.vocabulary.choices import Modality
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import Space, pack

SPACE = Space("demo-1/fused", 3)


def vector(*values, weight=1.0, space="demo-1/text", modality=Modality.TEXT):
    return WeightedVector(pack(np.array(values, np.float32)), len(values), space, weight, modality)


def refused(*group, parts_max=16) -> tuple[Reason, str]:
    with pytest.raises(InvalidArgument) as raised:
        prepared(group, SPACE, parts_max)
    return raised.value.reason, raised.value.field


def test_unit_length():
    """Every part has length 1, however long it came, and even where float32 squares overflow."""
    parts = prepared((vector(3, 4, 0), vector(3e30, 4e30, 0), vector(3e-11, 4e-11, 0)), SPACE, 16)

    for part in parts:
        np.testing.assert_allclose(part.values, [0.6, 0.8, 0], rtol=1e-6)


def test_shares():
    """Weights are divided by the sum of their sizes and keep their signs."""
    parts = prepared((vector(1, 0, 0, weight=6), vector(0, 1, 0, weight=-2)), SPACE, 16)

    assert {0.75, -0.25} == {part.share for part in parts}


def test_canonical_order():
    """Any order of the vectors gives the same parts in the same order."""
    group = (
        vector(1, 0, 0),
        vector(0, 1, 0, modality=Modality.IMAGE),
        vector(0, 1, 0, weight=0.1),
        vector(0, 1, 0, weight=0.3),
    )

    def described(parts):
        return [(part.modality, part.values.tolist(), part.share) for part in parts]

    assert described(prepared(group, SPACE, 16)) == described(prepared(group[::-1], SPACE, 16))


def test_sum():
    """The sum counts each part by its share."""
    parts = prepared((vector(1, 0, 0, weight=3), vector(0, 2, 0, weight=-1)), SPACE, 16)

    assert [0.75, -0.25, 0] == share_weighted_sum(parts).tolist()


@pytest.mark.parametrize("space", ["demo-2/text", "demo", "/text", "demo-1/text/x"])
def test_space_of_another_pack(space):
    """A vector of another pack is refused by name."""
    expected = (Reason.SPACE_MISMATCH, "vectors[1].vector.space")

    assert expected == refused(vector(1, 0, 0), vector(1, 0, 0, space=space))


def test_dimension():
    """A vector of another dimension than the model's is refused."""
    expected = (Reason.DIMENSION_MISMATCH, "vectors[1].vector.dimension")

    assert expected == refused(vector(1, 0, 0), vector(1, 0))


def test_length_of_data():
    """Data that are not as long as their dimension says are refused."""
    broken = WeightedVector(b"\0" * 11, 3, "demo-1/text", 1.0, Modality.TEXT)

    assert (Reason.DIMENSION_MISMATCH, "vectors[0].vector.data") == refused(broken)


@pytest.mark.parametrize("values", [(np.nan, 0, 0), (np.inf, 0, 0), (0, 0, 0)])
def test_values(values):
    """Numbers that are not finite, and a vector of zeros, are refused."""
    expected = (Reason.VECTOR_INVALID, "vectors[1].vector.data")

    assert expected == refused(vector(1, 0, 0), vector(*values))


def test_only_negative():
    """Something must be looked for."""
    group = (vector(1, 0, 0, weight=-1), vector(0, 1, 0, weight=-2))

    assert (Reason.NO_POSITIVE_PART, "vectors") == refused(*group)


@pytest.mark.parametrize("scale", [1e-6, 1, 1000])
def test_cancel(scale):
    """A vector and its negation leave nothing, however they are scaled."""
    group = (vector(1, 2, 3, weight=scale), vector(2, 4, 6, weight=-scale))

    assert (Reason.PARTS_CANCEL, "vectors") == refused(*group)


def test_opposite_vectors_cancel():
    """Two vectors that point opposite ways leave nothing either."""
    assert (Reason.PARTS_CANCEL, "vectors") == refused(vector(1, 0, 0), vector(-1, 0, 0))


def test_nearly_cancel():
    """A sum that is short but longer than the bound is fused."""
    parts = prepared((vector(1, 0, 0, weight=1.01), vector(1, 0, 0, weight=-1)), SPACE, 16)

    np.testing.assert_allclose(share_weighted_sum(parts), [0.01 / 2.01, 0, 0], rtol=1e-3)


def test_too_many():
    """A model with few slots is not handed more parts than it has."""
    assert (Reason.FIELD_INVALID, "vectors") == refused(*[vector(1, 0, 0)] * 3, parts_max=2)
