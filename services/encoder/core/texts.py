"""Texts as the encoder takes them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from services.encoder.core.facts import TextFacts
from services.encoder.core.parts import Text
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.texts import normalised

Got = tuple[int, Text | InvalidArgument]


class TextPreparer:
    """Normalises texts of at most *characters_max* characters."""

    def __init__(self, characters_max: int) -> None:
        self._characters_max = characters_max

    async def ready(self, parts: Sequence[Text], size: int) -> AsyncGenerator[list[Got], None]:
        """Yield the places of *parts*, and each text normalised or why it cannot be encoded, in batches of *size*."""
        for start in range(0, len(parts), size):
            yield [(start + i, self._loaded(part)) for i, part in enumerate(parts[start : start + size])]

    async def decode(
        self,
        loaded: Sequence[Text],
        facts: TextFacts,  # noqa: ARG002 - the port's; how much of a text a model reads is its tokeniser's business
    ) -> list[str]:
        """Return the words."""
        return [text.text for text in loaded]

    async def keep(self, loaded: Sequence[Text]) -> list[str]:
        """Keep nothing: texts stand in the product."""
        return [""] * len(loaded)

    def _loaded(self, part: Text) -> Text | InvalidArgument:
        text = part.text
        # Counted as sent: normalisation must not be handed more than the limit.
        if len(text) > self._characters_max:
            return InvalidArgument(
                f"A text holds at most {self._characters_max} characters; this one has {len(text)}.",
                reason=Reason.TEXT_TOO_LONG,
                field="text",
                metadata={"characters_max": str(self._characters_max), "characters": str(len(text))},
            )
        normal = normalised(text)
        if not any(map(str.isalnum, normal)):
            return InvalidArgument(
                "A text needs at least one letter or digit.", reason=Reason.EMPTY_TEXT, field="text"
            )
        return replace(part, text=normal)
