"""The walks of searching, recognising, recommending and writing, each with the pair of encoder and fusion that the catalogue needs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from gateway.core.model.answer import Answer, NextPage
from gateway.core.model.catalog import NewProduct, ProductUpdate
from gateway.core.model.query import Query
from gateway.core.planning import Outcome
from gateway.core.recognise import Photo, Recogniser, Recognition
from gateway.core.recommend.recommender import Customer, Recommendations, Recommender
from gateway.core.search import ProductSearch
from gateway.core.updating import Writes
from gateway.core.upgrade.model import Pair
from gateway.core.upgrade.packs import Packs, is_mismatch
from triptych.vocabulary.errors import TriptychError

Sent = TypeVar("Sent")
Write: TypeAlias = Callable[[Writes, Sequence[Sent]], Awaitable[list[Outcome]]]


@dataclass(frozen=True)
class RoutedSearch:
    """`ProductSearch` by the pack that serves."""

    walk: ProductSearch
    packs: Packs

    async def search(self, query: Query) -> Answer:
        """See `ProductSearch.search`."""
        return await self.packs.run(query.catalog, lambda pair: self._by(pair).search(query))

    async def follow(self, query: Query) -> NextPage:
        """See `ProductSearch.follow`."""
        return await self.packs.run(query.catalog, lambda pair: self._by(pair).follow(query))

    def _by(self, pair: Pair) -> ProductSearch:
        return replace(self.walk, encoder=pair.encoder, fuser=pair.fuser)


@dataclass(frozen=True)
class RoutedRecogniser:
    """`Recogniser` by the pack that serves."""

    walk: Recogniser
    packs: Packs

    async def recognise(self, photo: Photo) -> Recognition:
        """See `Recogniser.recognise`."""
        return await self.packs.run(
            photo.catalog, lambda pair: replace(self.walk, encoder=pair.encoder).recognise(photo)
        )


@dataclass(frozen=True)
class RoutedRecommender:
    """`Recommender`, begun again where the vectors that it read are not any more those that are searched."""

    walk: Recommender
    packs: Packs

    async def recommend(self, customer: Customer) -> Recommendations:
        """See `Recommender.recommend`."""
        return await self.packs.run(customer.catalog, lambda _: self.walk.recommend(customer))


@dataclass(frozen=True)
class RoutedWrites(Writes):
    """`Writes` by the pack that serves."""

    packs: Packs

    async def upsert(self, catalog: str, products: Sequence[NewProduct | TriptychError]) -> list[Outcome]:
        """See `Writes.upsert`."""
        return await self._run(catalog, products, lambda writes, some: writes.upsert(catalog, some))

    async def update(self, catalog: str, updates: Sequence[ProductUpdate | TriptychError]) -> list[Outcome]:
        """See `Writes.update`."""
        return await self._run(catalog, updates, lambda writes, some: writes.update(catalog, some))

    async def _run(self, catalog: str, sent: Sequence[Sent], write: Write[Sent]) -> list[Outcome]:
        outcomes = await self.packs.run(catalog, lambda pair: write(self._by(pair), sent))
        # Planned before a switch, and encoded after it. The others are written: once more would undo what came since.
        missed = {
            place: sent[place]
            for place, each in enumerate(outcomes)
            if isinstance(each, TriptychError) and is_mismatch(each)
        }
        if missed:
            left = list(missed.values())
            again = await self.packs.run(catalog, lambda pair: write(self._by(pair), left), fresh=True)
            for place, outcome in zip(missed, again, strict=True):
                outcomes[place] = outcome
        return outcomes

    def _by(self, pair: Pair) -> Writes:
        return Writes(
            self.index,
            replace(self.catalog, encoder=pair.encoder, fuser=pair.fuser),
            replace(self.planned, encoder=pair.encoder, fuser=pair.fuser),
        )
