"""What was heard in sounds, in words."""

from collections.abc import Iterable, Iterator

from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

_MEANT = {
    pb.Constraint.OPERATOR_IS_NOT: "not",
    pb.Constraint.OPERATOR_AT_MOST: "at most",
    pb.Constraint.OPERATOR_AT_LEAST: "at least",
}


def constraint_words(understood: Iterable[pb.Constraint]) -> list[str]:
    """Return "price at most 50", "material not leather", "colour red"."""
    return [
        " ".join(filter(None, (each.name, _MEANT.get(each.operator, ""), each.value))) for each in understood
    ]


def heard_lines(response: pb.SearchProductsResponse) -> Iterator[str]:
    """Yield what was made of each sound, and the filter that came of it."""
    for heard in response.interpretation.speech:
        mode = types_pb2.AudioMode.Name(heard.mode).removeprefix("AUDIO_MODE_").lower()
        said = repr(heard.transcript) if heard.transcript else "nothing understood"
        sure = [f"speech {heard.speech_probability:.2f}"] * heard.HasField("speech_probability")
        sure += [f"confidence {heard.confidence:.2f}"] * bool(heard.confidence)
        yield ", ".join(
            [f"heard as {mode}: {said} ({', '.join(sure)})", *constraint_words(heard.constraints)]
        )
    if response.interpretation.speech and response.interpretation.filter:
        yield f"filter: {response.interpretation.filter}"
