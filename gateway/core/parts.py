"""The parts of a query: each becomes a vector, and those that are looked for become one.

Each modality is encoded by a call of its own, so that one that is late can be left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.core.model.answer import Path
from gateway.core.model.degradation import Step
from gateway.core.model.query import Content, Part, ProductReference, Query
from gateway.core.model.vectors import PartVector
from gateway.core.pacing import stages
from gateway.core.pacing.encoding import PacedEncoder
from gateway.core.pacing.pace import LeftOut, Pace
from gateway.core.ports.rooms import Encoder, Fuser, Index
from triptych.vocabulary.choices import Consistency, FusionStrategy, Modality
from triptych.vocabulary.concurrency import both
from triptych.vocabulary.errors import InvalidArgument, NotFound, Reason, TriptychError
from triptych.vocabulary.vectors import ModelVersion, Vector

MODALITY_OF_KIND = {
    "text": Modality.TEXT,
    "image": Modality.IMAGE,
    "audio": Modality.AUDIO,
    "fused": Modality.PRODUCT,
}


@dataclass(frozen=True)
class Understood:
    """A query with its vectors.

    Args:
        query: as it is searched.
        sought: the vectors of the parts that are looked for or kept away from, by place among the parts.
        excluded: the vectors of excluded pictures, sounds and vectors, by place.
        vector: what products are compared with; None where words alone are left.
        models: that made the vectors.
        late: the places of parts that are left out.
    """

    query: Query
    sought: Mapping[int, PartVector]
    excluded: Mapping[int, Vector]
    vector: Vector | None
    models: tuple[ModelVersion, ...]
    late: frozenset[int] = field(default_factory=frozenset)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What is looked for, each once; nothing where products are browsed."""
        if self.query.browses:
            return ()
        return tuple(sorted({part.modality for part in self.sought.values()})) or (Modality.TEXT,)

    @property
    def path(self) -> Path:
        """Which way the query goes."""
        if self.query.browses:
            return Path.BROWSE
        return Path.MULTIMODAL if len(self.modalities) > 1 else Path.SINGLE_MODALITY

    @property
    def is_of_words(self) -> bool:
        """Whether it is of words alone, and wants all of them."""
        return self.modalities == (Modality.TEXT,) and all(part.weight > 0 for part in self.sought.values())


@dataclass(frozen=True)
class PartReader:
    """Makes the vectors of queries."""

    encoder: Encoder
    fuser: Fuser
    index: Index

    async def understand(self, query: Query, pace: Pace) -> Understood:
        """Return *query* with its vectors.

        Raises:
            InvalidArgument: a part cannot be understood, or the parts cancel one another.
            NotFound: the catalogue or a product in the query does not exist.
            Unavailable, DeadlineExceeded: a room does not answer, or not in time.
        """
        made, models, late = await self._vectors(query, pace)
        sought = {
            place: part_vector(place, part, made[place])
            for place, part in enumerate(query.parts)
            if not part.exclude and place in made
        }
        excluded = {place: made[place] for place, part in enumerate(query.parts) if is_compared(part)}
        if not any(part.weight > 0 for part in sought.values()):
            # Nothing is left to be near to; `PacedEncoder` has seen to it that there are words.
            return Understood(query, {}, excluded, None, models, late)
        vector = next(iter(sought.values())).vector
        if len(sought) > 1:
            query, vector, fusion_models = await self._fused(query, sought, pace)
            models += fusion_models
        return Understood(query, sought, excluded, vector, models, late)

    async def _vectors(
        self, query: Query, pace: Pace
    ) -> tuple[dict[int, Vector], tuple[ModelVersion, ...], frozenset[int]]:
        """Return the vectors by place: encoded, looked up, or brought along; and the places of parts that are late.

        Words that exclude have no vector.
        """
        parts = dict(enumerate(query.parts))
        contents = {
            place: part.content
            for place, part in parts.items()
            if isinstance(part.content, Content) and (not part.exclude or is_compared(part))
        }
        references = {i: p.content for i, p in parts.items() if isinstance(p.content, ProductReference)}
        encoded, looked_up = await both(
            PacedEncoder(self.encoder).encode(query, contents, pace),
            self._look_up(query, references, pace),
        )
        made = {place: required(outcome) for place, outcome in encoded.outcomes.items()}
        brought = {i: p.content for i, p in parts.items() if isinstance(p.content, Vector)}
        return made | looked_up | brought, encoded.models, frozenset(contents.keys() - made.keys())

    async def _look_up(
        self, query: Query, references: Mapping[int, ProductReference], pace: Pace
    ) -> dict[int, Vector]:
        """Return the fused vectors of the products referred to, by place in the query."""
        if not references:
            return {}
        ids = sorted({reference.id for reference in references.values()})
        bounded = query.consistency is not Consistency.STRONG
        with pace.stage("look_up"):
            records = await self.index.read(query.catalog, ids, with_vectors=True, bounded=bounded)
            # Said to be there, and not seen: it may have been stored just now.
            if missing := sorted(set(ids) - {record.id for record in records}):
                records += await self.index.read(query.catalog, missing, with_vectors=True)
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

    async def _fused(
        self, query: Query, sought: Mapping[int, PartVector], pace: Pace
    ) -> tuple[Query, Vector, tuple[ModelVersion, ...]]:
        """Return the one vector of what is *sought*, and the query with the fusion that made it."""
        plain = replace(query, fusion=FusionStrategy.WEIGHTED_SUM)
        with pace.stage("fuse"):
            if query.fusion is not plain.fusion:
                try:
                    keep = (stages.FUSE_PLAINLY, stages.SEARCH_HURRIED)
                    stage = stages.fuse(query.fusion)
                    return query, *await pace.attempt(stage, lambda: self._fuse(query, sought), keep)
                except LeftOut as left_out:
                    pace.leave_out(Step.FUSION, left_out.cause)
            return plain, *await pace.measured(stages.FUSE_PLAINLY, lambda: self._fuse(plain, sought))

    async def _fuse(
        self, query: Query, sought: Mapping[int, PartVector]
    ) -> tuple[Vector, tuple[ModelVersion, ...]]:
        fused = await self.fuser.fuse(query.fusion, [list(sought.values())])
        try:
            return required(fused.outcomes[0]), fused.models
        except TriptychError as error:
            origins = [query.origin(place) for place in sought]
            raise error.at(public_field(error.field, origins)) from error


def is_compared(part: Part) -> bool:
    """Return whether an excluded part excludes by likeness: a picture, a sound or a vector."""
    if isinstance(part.content, Content):
        return part.exclude and part.content.modality is not Modality.TEXT
    return part.exclude and isinstance(part.content, Vector)


def public_field(field: str, places: Sequence[int]) -> str:
    """Return the field of the request that fusion's *field* is about: "vectors[1].vector" → "parts[3].vector"."""
    group, bracket, rest = field.partition("[")
    number, _, inner = rest.partition("]")
    if group != "vectors" or not bracket:
        return "parts"
    return f"parts[{places[int(number)]}]{inner}"


def required(outcome: Vector | TriptychError) -> Vector:
    """Return the vector, or raise the error that stands in its place."""
    if isinstance(outcome, TriptychError):
        raise outcome
    return outcome


def part_vector(index: int, part: Part, made: Vector) -> PartVector:
    """Return the vector of the part at *index* with its modality and weight."""
    if isinstance(part.content, Content):
        return PartVector(made, part.content.modality, part.weight)
    if isinstance(part.content, Vector):
        return PartVector(made, modality_of(index, made), part.weight)
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
