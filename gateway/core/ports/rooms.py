"""What the walk needs of the other rooms.

Every method ends within the current request's deadline and raises Unavailable, DeadlineExceeded or what the room said.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.core.model.catalog import CatalogFacts, PlannedWrite, ProductRecord
from gateway.core.model.keeping import CatalogDescription, CheckPage, RecordPage
from gateway.core.model.query import Content, Media
from gateway.core.model.ranking import Candidate, Curve, Ranked, RankingOffer
from gateway.core.model.retrieval import Hits, Retrieval
from gateway.core.model.vectors import Encoded, Fused, PartVector
from gateway.core.model.words import Description, Transcript
from gateway.core.model.writes import Written
from triptych.vocabulary.choices import FusionStrategy, RankingStrategy, SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space


class Encoder(Protocol):
    """Turns media into vectors."""

    async def encode(self, contents: Sequence[Content], *, keep_media: bool = False) -> Encoded:
        """Encode *contents* side by side; an outcome each, in their order.

        With *keep_media* pictures and sounds are kept, where there is a media store: those of products, never of queries.

        The fields of errors are those of the contents: "images[0].data".
        """


class Interpreter(Protocol):
    """Puts media into words.

    Every method also raises InvalidArgument for media that cannot be read, with the field ("image.data", "audio.uri");
    the first two raise FailedPrecondition (MODEL_NOT_SERVED) where the pack has no such model.
    """

    async def describe(self, image: Media) -> Description:
        """Say what a picture shows."""

    async def transcribe(self, audio: Media) -> Transcript:
        """Write down what is said."""

    async def detect_speech(self, audio: Media) -> float:
        """Return the probability, 0 to 1, that somebody speaks. No model of the pack is asked."""


class Fuser(Protocol):
    """Turns several vectors into one."""

    async def fuse(self, strategy: FusionStrategy, groups: Sequence[Sequence[PartVector]]) -> Fused:
        """Fuse each group to one vector; an outcome each, in their order.

        The fields of errors are relative to the group: "vectors[1].vector".
        """


class Index(Protocol):
    """Keeps products with their vectors."""

    async def search(self, retrieval: Retrieval) -> Hits:
        """Find products, each once, best first.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
            InvalidArgument: the fields of errors are those of the search room: "query.space", "filter", "order_by".
        """

    async def write(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> list[Written | TriptychError]:
        """Store *products* durably on their terms; what there is of each then, or why it was refused."""

    async def plan(
        self, catalog: str, products: Sequence[ProductRecord]
    ) -> tuple[list[PlannedWrite | Written | TriptychError], Mapping[SpaceKind, Space]]:
        """Return what would become of *products* without vectors, or that nothing would; and the catalogue's spaces.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """

    async def read(
        self, catalog: str, ids: Sequence[str], *, with_vectors: bool, bounded: bool = False
    ) -> list[ProductRecord]:
        """Return those of the products that exist, with their fused vectors when asked for.

        Sees every write that has returned, unless *bounded*: then they are seen as they were some seconds ago at the
        most, which is quicker.
        """

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """Remove products; return the ids that did not exist."""

    async def corrected(self, catalog: str, text: str) -> str:
        """Return *text* with words that the catalogue does not know replaced; empty where nothing was."""

    async def facts(self, catalog: str, *, fresh: bool = False) -> CatalogFacts:
        """Return what the catalogue is like; may be some seconds old unless it is to be *fresh*.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """

    async def set_calibration(self, catalog: str, curves: Mapping[str, Curve]) -> None:
        """Keep *curves* with the catalogue; none removes those that there are."""


class Completer(Protocol):
    """Completes what somebody types."""

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Return *text* with its last word completed in *limit* ways at most, and about how many products each finds.

        Raises:
            NotFound: CATALOG_NOT_FOUND.
        """


class CatalogStore(Protocol):
    """Keeps catalogues as wholes. Every method but `create` and `catalogs` raises NotFound (CATALOG_NOT_FOUND)."""

    async def create(self, catalog: str, spaces: Mapping[SpaceKind, Space]) -> bool:
        """Make an empty catalogue; return whether it was there before."""

    async def drop(self, catalog: str) -> None:
        """Remove a catalogue with all that is in it."""

    async def catalogs(self) -> Mapping[str, Mapping[SpaceKind, Space]]:
        """Return the spaces of every catalogue, by its name."""

    async def unreadable(self) -> Sequence[str]:
        """Return the names of catalogues that are there and cannot be read."""

    async def describe(self, catalog: str) -> CatalogDescription:
        """Return what a catalogue is like, as it is now."""

    async def page(
        self,
        catalog: str,
        filter: str,  # noqa: A002 - as the API names it
        after_id: str,
        limit: int,
        *,
        with_products: bool,
        with_vectors: bool = False,
    ) -> RecordPage:
        """Return the next *limit* products, 1 to 1000, that pass the *filter*. Sees every write that was acknowledged.

        Without *with_products* their ids alone.

        Raises:
            InvalidArgument: FILTER_INVALID.
        """

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """Remove products; return the ids that did not exist."""

    async def check(self, catalog: str, token: str, limit: int, *, repair: bool) -> CheckPage:
        """Compare the next *limit* rows, 1 to 1000, with the records.

        Raises:
            InvalidArgument: PAGE_TOKEN_INVALID.
        """


class Ranker(Protocol):
    """Puts candidates in order."""

    async def rank(
        self,
        strategy: RankingStrategy,
        candidates: Sequence[Candidate],
        *,
        limit: int,
        diversity_lambda: float | None = None,
        features: Sequence[str] = (),
    ) -> Ranked:
        """Return the best *limit* of *candidates*, best first; *features* are those that a network is to look at."""

    async def offer(self) -> RankingOffer:
        """Return what can be asked for; may be some seconds old."""
