"""Shadow searches: the same queries asked of both packs, whichever of them serves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.model.query import Content
from gateway.core.model.retrieval import Retrieval
from gateway.core.ports.rooms import Index
from gateway.core.retrieving import LEXICAL_WEIGHT_OF_WORDS
from gateway.core.upgrade.comparison import DEPTH, compared
from gateway.core.upgrade.model import Comparison, Generation, Generations, Pair, Upgrade
from gateway.core.upgrade.packs import Packs
from gateway.core.upgrade.ports import Recorded
from triptych.vocabulary.choices import Modality, SimilarityMetric, SpaceKind
from triptych.vocabulary.concurrency import side_by_side
from triptych.vocabulary.errors import TriptychError, Unavailable

# Recorded queries beside those of the plan.
RECORDED_MAX = 1_000
AT_ONCE = 2
ENCODED_AT_ONCE = 50


@dataclass(frozen=True)
class Shadow:
    """Compares packs by *recorded* queries, and those of the plan."""

    packs: Packs
    index: Index
    recorded: Recorded

    async def compare(self, upgrade: Upgrade, found: Generations) -> Comparison:
        """Return how alike the answers of both packs are, and how good by what customers chose.

        Raises:
            TriptychError: of the rooms, or no pair serves one of the packs.
        """
        judged = await self.recorded.judgements(upgrade.catalog, RECORDED_MAX)
        lately = await self.recorded.queries(upgrade.catalog, RECORDED_MAX)
        queries = [*dict.fromkeys([*upgrade.plan.sample_queries, *judged, *lately])]
        source, target = [
            await self._answers(upgrade.catalog, queries, _of(found, pack))
            for pack in (upgrade.source_pack, upgrade.target_pack)
        ]
        answers = [
            (query, old, new)
            for query, old, new in zip(queries, source, target, strict=True)
            if old is not None and new is not None
        ]
        return compared(answers, judged)

    async def _answers(
        self, catalog: str, queries: Sequence[str], generation: Generation
    ) -> list[Sequence[str] | None]:
        pair = await self.packs.pair_of(generation.pack)
        if pair is None:
            raise Unavailable.because_of(f"encoder of {generation.pack}")
        room = asyncio.Semaphore(AT_ONCE)
        pages = [queries[at : at + ENCODED_AT_ONCE] for at in range(0, len(queries), ENCODED_AT_ONCE)]
        found = await side_by_side([self._page(catalog, page, generation, pair, room) for page in pages])
        return [each for page in found for each in page]

    async def _page(
        self, catalog: str, page: Sequence[str], generation: Generation, pair: Pair, room: asyncio.Semaphore
    ) -> list[Sequence[str] | None]:
        async with room:
            encoded = await pair.encoder.encode([Content(Modality.TEXT, "text", text=text) for text in page])
            answers: list[Sequence[str] | None] = []
            for text, outcome in zip(page, encoded.outcomes, strict=True):
                if isinstance(outcome, TriptychError):
                    # One of the packs takes no text as long as that.
                    answers.append(None)
                    continue
                hits = await self.index.search(
                    Retrieval(
                        catalog,
                        outcome,
                        SpaceKind.FUSED,
                        SimilarityMetric.COSINE,
                        DEPTH,
                        texts=((text, 1.0),),
                        lexical_weight=LEXICAL_WEIGHT_OF_WORDS,
                        generation=generation.name,
                    )
                )
                answers.append([hit.id for hit in hits.hits])
            return answers


def _of(found: Generations, pack: str) -> Generation:
    for each in (found.serving, found.other):
        if each is not None and each.pack == pack:
            return each
    raise Unavailable.because_of(f"vectors of {pack}")
