"""The messages that all rooms share, to and from the vocabulary."""

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from triptych.internal.v1 import space_pb2
from triptych.runtime import wire
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SimilarityMetric
from triptych.vocabulary.errors import InvalidArgument
from triptych.vocabulary.vectors import ModelVersion, Space


class TestVector:
    def test_it_is_packed_with_its_dimension_and_space(self):
        """Little-endian float32, four bytes a number."""
        expected = types_pb2.Vector(data=b"\0\0\x80\x3f\0\0\0\0", dimension=2, space="demo-1/fused")

        assert expected == wire.vector_message(np.array([1, 0], np.float32), "demo-1/fused")

    def test_the_way_there_and_back_loses_nothing(self):
        """vector_of is the inverse of vector_message."""
        back = wire.vector_of(wire.vector_message(np.array([3, 4], np.float32), "demo-1/text"))

        assert ([3, 4], "demo-1/text") == (list(back.values), back.space)

    def test_a_broken_vector_names_its_field(self):
        """The path is the one that the caller gives."""
        with pytest.raises(InvalidArgument) as caught:
            wire.vector_of(types_pb2.Vector(data=b"1", dimension=1), "query")

        assert "query.data" == caught.value.field


class TestSpace:
    @pytest.mark.parametrize("metric", list(SimilarityMetric))
    def test_every_field_travels(self, metric):
        """There and back."""
        space = Space("demo-1/fused", 2, metric, unit_length=False)

        assert space == wire.space_of(wire.space_message(space))

    def test_an_unset_metric_is_cosine(self):
        """The default of the schema."""
        assert SimilarityMetric.COSINE is wire.space_of(space_pb2.Space(id="a/text", dimension=2)).metric


def test_every_field_of_a_model_travels():
    """There and back."""
    model = ModelVersion("fusion", "1", "demo-1/fused")

    assert model == wire.model_of(wire.model_message(model))


@pytest.mark.parametrize(
    "message", [Timestamp(nanos=-1), Timestamp(nanos=2**31 - 1), Timestamp(seconds=2**62)]
)
def test_times_out_of_range_name_their_field(message):
    """Protobuf carries numbers that are no time."""
    with pytest.raises(InvalidArgument) as caught:
        wire.nanoseconds(message, "update_time")

    assert "update_time" == caught.value.field


def test_a_time_is_told_in_nanoseconds():
    """Since 1970."""
    assert 1_500_000_000 == wire.nanoseconds(Timestamp(seconds=1, nanos=500_000_000), "update_time")
