"""What was heard, as the command line says it."""

from triptych.cli.heard import constraint_words, heard_lines
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

CONSTRAINTS = [
    pb.Constraint(name="colour", value="red", operator=pb.Constraint.OPERATOR_IS),
    pb.Constraint(name="material", value="leather", operator=pb.Constraint.OPERATOR_IS_NOT),
    pb.Constraint(name="price", value="50", operator=pb.Constraint.OPERATOR_AT_MOST),
    pb.Constraint(name="price", value="10", operator=pb.Constraint.OPERATOR_AT_LEAST),
]


def test_constraints_in_words():
    """How each is meant stands between name and value."""
    assert [
        "colour red",
        "material not leather",
        "price at most 50",
        "price at least 10",
    ] == constraint_words(CONSTRAINTS)


def test_each_sound_has_a_line():
    """What became of it, what was said, what of it was understood; the filter once below."""
    heard = [
        pb.HeardSpeech(
            mode=types_pb2.AUDIO_MODE_BOTH, transcript="red mug", confidence=0.75, constraints=CONSTRAINTS[:2]
        ),
        pb.HeardSpeech(mode=types_pb2.AUDIO_MODE_SOUND, confidence=0.25, speech_probability=0.875),
        pb.HeardSpeech(mode=types_pb2.AUDIO_MODE_SOUND, speech_probability=0.125),
    ]
    interpretation = pb.QueryInterpretation(speech=heard, filter="price <= 50")

    assert [
        "heard as both: 'red mug' (confidence 0.75), colour red, material not leather",
        "heard as sound: nothing understood (speech 0.88, confidence 0.25)",
        "heard as sound: nothing understood (speech 0.12)",
        "filter: price <= 50",
    ] == list(heard_lines(pb.SearchProductsResponse(interpretation=interpretation)))


def test_a_written_query_has_none():
    """Also where it has a filter."""
    interpretation = pb.QueryInterpretation(filter="price <= 50")

    assert [] == list(heard_lines(pb.SearchProductsResponse(interpretation=interpretation)))
