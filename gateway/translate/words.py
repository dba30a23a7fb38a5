"""What models say of pictures and sounds."""

from gateway.core.model import Description, Transcript
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb


def description(found: Description) -> search_pb.DescribeImageResponse:
    """Return a description as the client sees it."""
    return search_pb.DescribeImageResponse(
        description=found.text, confidence=found.confidence, model=wire.model_message(found.model)
    )


def transcript(found: Transcript) -> search_pb.TranscribeAudioResponse:
    """Return a transcript as the client sees it."""
    return search_pb.TranscribeAudioResponse(
        transcript=found.text,
        confidence=found.confidence,
        constraints=[search_pb.Constraint(name=name, value=value) for name, value in found.slots.items()],
        model=wire.model_message(found.model),
    )
