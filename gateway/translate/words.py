"""What models say of pictures and sounds, what of it is understood, and what is being typed."""

from collections.abc import Iterable

from gateway.core.model.words import Constraint, Description, HeardSpeech, Transcript
from gateway.core.understanding import understand
from gateway.translate.queries import CATALOG_DEFAULT
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2

SUGGESTIONS_DEFAULT = 10


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
        constraints=[constraint(each) for each in understand(found.text, found.slots).constraints],
        model=wire.model_message(found.model),
    )


def typed(request: search_pb.SuggestQueriesRequest) -> tuple[str, str, int]:
    """Return of which catalogue, what was typed, and how many suggestions are wanted."""
    return request.catalog or CATALOG_DEFAULT, request.text, request.limit or SUGGESTIONS_DEFAULT


def suggestions(found: Iterable[tuple[str, int]]) -> search_pb.SuggestQueriesResponse:
    """Return texts with how many products each finds as the client sees them."""
    made = [search_pb.QuerySuggestion(text=text, product_count=count) for text, count in found]
    return search_pb.SuggestQueriesResponse(suggestions=made)


def heard(item: HeardSpeech) -> search_pb.HeardSpeech:
    """Return what was made of a sound as the client sees it."""
    return search_pb.HeardSpeech(
        part=item.part,
        mode=types_pb2.AudioMode.ValueType(item.mode),
        speech_probability=item.probability,
        transcript=item.transcript,
        confidence=item.confidence,
        constraints=[constraint(each) for each in item.constraints],
        words=item.words,
    )


def constraint(item: Constraint) -> search_pb.Constraint:
    """Return something understood as the client sees it."""
    return search_pb.Constraint(
        name=item.name,
        value=item.value,
        operator=search_pb.Constraint.Operator.ValueType(item.operator),
        filter=item.filter,
    )
