"""The walk of a search: encode, fuse, search, rank.

One modality takes the short way, as in the article's flowchart: features, search, answer. Several take the long one:
features, fusion, search, ranking, answer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.model import (
    Answer,
    Content,
    Encoded,
    Hit,
    Hits,
    Part,
    PartVector,
    Path,
    ProductReference,
    Query,
    Ranked,
    Result,
    Retrieval,
)
from gateway.core.ports import Encoder, Fuser, Index
from gateway.core.ranking import CANDIDATES_MAX, Ranking, RankingPlan
from gateway.core.stopwatch import Stopwatch
from triptych.vocabulary.choices import Modality, SpaceKind
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import ModelVersion, Vector

MODALITY_OF_KIND = {
    "text": Modality.TEXT,
    "image": Modality.IMAGE,
    "audio": Modality.AUDIO,
    "fused": Modality.PRODUCT,
}


@dataclass(frozen=True)
class ProductSearch:
    """Finds products."""

    encoder: Encoder
    fuser: Fuser
    index: Index
    ranking: Ranking

    async def search(self, query: Query) -> Answer:
        """Return the products that answer *query*, best first.

        Raises:
            InvalidArgument: a part cannot be understood, or the parts cancel one another.
            NotFound: the catalogue or a product in the query does not exist.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        if all(part.weight < 0 for part in query.parts):
            raise InvalidArgument(
                "At least one part must have a positive weight: what to look for.",
                reason=Reason.NO_POSITIVE_PART,
                field="parts",
            )
        watch = Stopwatch()
        parts, models = await self._part_vectors(query, watch)
        modalities = tuple(sorted({part.modality for part in parts}))
        path = Path.MULTIMODAL if len(modalities) > 1 else Path.SINGLE_MODALITY
        plan = await self.ranking.plan(query, path)
        vector = parts[0].vector
        if len(parts) > 1:
            vector, fusion_models = await self._fuse(query, parts, watch)
            models += fusion_models
        found = await self._retrieve(query, vector, modalities, plan, watch)
        ranked = await self._order(query, found.hits, plan, watch)
        models += ranked.models
        return Answer(
            results=tuple(Result(found.hits[place], value) for place, value in ranked.places),
            path=path,
            modalities=modalities,
            fusion=query.fusion if len(parts) > 1 else None,
            ranking=plan.strategy,
            space=found.space,
            models=tuple(sorted(set(models), key=lambda model: model.name)),
            index_name=found.index_name,
            index_space=found.index_space,
            stages=watch.stages(),
        )

    async def _part_vectors(
        self, query: Query, watch: Stopwatch
    ) -> tuple[list[PartVector], tuple[ModelVersion, ...]]:
        """Return the vector of each part: encoded, looked up, or brought along."""
        contents = {i: p.content for i, p in enumerate(query.parts) if isinstance(p.content, Content)}
        references = {
            i: p.content for i, p in enumerate(query.parts) if isinstance(p.content, ProductReference)
        }
        encoded, looked_up = await asyncio.gather(
            self._encode(list(contents.values()), watch),
            self._look_up(query.catalog, references, watch),
        )
        made = dict(zip(contents, (required(outcome) for outcome in encoded.outcomes), strict=True))
        parts = [
            part_vector(index, part, made.get(index) or looked_up.get(index))
            for index, part in enumerate(query.parts)
        ]
        return parts, encoded.models

    async def _encode(self, contents: Sequence[Content], watch: Stopwatch) -> Encoded:
        if not contents:
            return Encoded((), (), ())
        with watch.stage("encode"):
            return await self.encoder.encode(contents)

    async def _look_up(
        self, catalog: str, references: dict[int, ProductReference], watch: Stopwatch
    ) -> dict[int, Vector]:
        """Return the fused vectors of the products referred to, by place in the query."""
        if not references:
            return {}
        ids = sorted({reference.id for reference in references.values()})
        with watch.stage("look_up"):
            records = await self.index.read(catalog, ids, with_vectors=True)
        vectors = {record.id: record.vectors[0].vector for record in records}
        for index, reference in references.items():
            if reference.id not in vectors:
                raise NotFound(
                    f"The catalogue has no product {reference.id!r}.",
                    reason=Reason.PRODUCT_NOT_FOUND,
                    field=f"parts[{index}].product_id",
                    metadata={"id": reference.id},
                )
        return {index: vectors[reference.id] for index, reference in references.items()}

    async def _fuse(
        self, query: Query, parts: Sequence[PartVector], watch: Stopwatch
    ) -> tuple[Vector, tuple[ModelVersion, ...]]:
        with watch.stage("fuse"):
            fused = await self.fuser.fuse(query.fusion, [parts])
        try:
            return required(fused.outcomes[0]), fused.models
        except TriptychError as error:
            raise error.at(error.field.replace("vectors", "parts", 1)) from error

    async def _retrieve(
        self,
        query: Query,
        vector: Vector,
        modalities: Sequence[Modality],
        plan: RankingPlan,
        watch: Stopwatch,
    ) -> Hits:
        """Return the nearest products, without those that the query itself names.

        A photo is compared with photos unless the request says otherwise, and with whole products where there are none.
        """
        with watch.stage("search"):
            if query.space is None and tuple(modalities) == (Modality.IMAGE,):
                found = await self._nearest(query, vector, SpaceKind.IMAGE, plan)
                if found.hits:
                    return found
            return await self._nearest(query, vector, query.space or SpaceKind.FUSED, plan)

    async def _nearest(self, query: Query, vector: Vector, space: SpaceKind, plan: RankingPlan) -> Hits:
        named = {p.content.id for p in query.parts if isinstance(p.content, ProductReference)}
        try:
            found = await self.index.search(
                Retrieval(
                    query.catalog,
                    vector,
                    space,
                    query.metric,
                    min(plan.pool + len(named), CANDIDATES_MAX),
                    with_vectors=plan.with_vectors,
                    compared=plan.compared,
                )
            )
        except InvalidArgument as error:
            raise error.at(error.field.replace("query", "parts[0].vector", 1)) from error
        hits = tuple(hit for hit in found.hits if hit.id not in named)
        return Hits(hits[: plan.pool], space, found.index_name, found.index_space)

    async def _order(self, query: Query, hits: Sequence[Hit], plan: RankingPlan, watch: Stopwatch) -> Ranked:
        if plan.strategy is None or not hits:
            return await self.ranking.order(query, plan, hits)
        with watch.stage("rank"):
            return await self.ranking.order(query, plan, hits)


def required(outcome: Vector | TriptychError) -> Vector:
    """Return the vector, or raise the error that stands in its place."""
    if isinstance(outcome, TriptychError):
        raise outcome
    return outcome


def part_vector(index: int, part: Part, made: Vector | None) -> PartVector:
    """Return the vector of the part at *index* with its modality and weight."""
    if isinstance(part.content, Content) and made is not None:
        return PartVector(made, part.content.modality, part.weight)
    if isinstance(part.content, Vector):
        return PartVector(part.content, modality_of(index, part.content), part.weight)
    assert made is not None, "every reference was looked up"
    return PartVector(made, Modality.PRODUCT, part.weight)


def modality_of(index: int, vector: Vector) -> Modality:
    """Return what a caller's own vector was made from: the last word of its space's id."""
    kind = vector.space.rpartition("/")[2]
    if kind not in MODALITY_OF_KIND:
        raise InvalidArgument(
            f"The space {vector.space!r} is none of this suite's; a space ends in "
            f"{', '.join('/' + name for name in MODALITY_OF_KIND)}.",
            reason=Reason.SPACE_MISMATCH,
            field=f"parts[{index}].vector.space",
            metadata={"space": vector.space},
        )
    return MODALITY_OF_KIND[kind]
