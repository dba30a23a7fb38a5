"""What the suite says of a sample's pictures and sounds."""

from collections.abc import Iterator
from pathlib import Path

from triptych.cli.demo_samples import Sample, SamplePart
from triptych.cli.heard import constraint_words
from triptych.client import Client, TriptychClientError

NOT_SERVED = "MODEL_NOT_SERVED"


def words_of(client: Client, sample: Sample, folder: Path, timeout_s: float) -> list[str]:
    """Return a line for each picture and sound of *sample*; none where the pack has no model that speaks."""
    return [line for part in sample.parts for line in _words(client, part, folder, timeout_s)]


def _words(client: Client, part: SamplePart, folder: Path, timeout_s: float) -> Iterator[str]:
    try:
        if part.kind == "image":
            described = client.describe(folder / part.file, timeout_s=timeout_s)
            yield f"the photo shows: {described.description} (confidence {described.confidence:.2f})"
        elif part.kind == "audio":
            heard = client.transcribe(folder / part.file, timeout_s=timeout_s)
            said = heard.transcript or "nothing understood"
            details = [f"confidence {heard.confidence:.2f}", *constraint_words(heard.constraints)]
            yield f"the voice says: {said} ({', '.join(details)})"
    except TriptychClientError as error:
        if error.reason != NOT_SERVED:
            raise
