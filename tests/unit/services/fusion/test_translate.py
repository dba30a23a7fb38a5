"""Messages to core types and back."""

import numpy as np

from services.fusion.core.parts import WeightedVector
from services.fusion.translate import group_of, strategy_of, vector_message
from triptych.internal.v1.fusion_service_pb2 import FuseRequest, FusionGroup
from triptych.internal.v1.fusion_service_pb2 import WeightedVector as WeightedVectorMessage
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.vectors import Space


def test_strategy_default():
    """A request that names no strategy means LEARNED."""
    assert FusionStrategy.LEARNED is strategy_of(FuseRequest())


def test_strategy():
    """A strategy that is named is taken."""
    request = FuseRequest(strategy=types_pb2.FUSION_STRATEGY_BILINEAR)

    assert FusionStrategy.BILINEAR is strategy_of(request)


def test_group():
    """Every field of a part arrives."""
    message = FusionGroup(
        vectors=[
            WeightedVectorMessage(
                vector=types_pb2.Vector(data=b"\0\0\x80\x3f", dimension=1, space="demo-1/audio"),
                weight=-2.5,
                modality=types_pb2.MODALITY_AUDIO,
            )
        ]
    )

    expected = (WeightedVector(b"\0\0\x80\x3f", 1, "demo-1/audio", -2.5, Modality.AUDIO),)
    assert expected == group_of(message)


def test_vector():
    """A fused vector leaves packed, with its space."""
    message = vector_message(np.array([1, 0], np.float32), Space("demo-1/fused", 2))

    expected = types_pb2.Vector(data=b"\0\0\x80\x3f\0\0\0\0", dimension=2, space="demo-1/fused")
    assert expected == message.vector
