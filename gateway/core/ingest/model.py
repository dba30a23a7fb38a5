"""What goes through a stream of products."""

from dataclasses import dataclass

from gateway.core.model.catalog import NewProduct
from gateway.core.model.writes import Written
from triptych.vocabulary.errors import TriptychError


@dataclass(frozen=True)
class Limits:
    """Bounds of one stream.

    Attributes:
        window_items: items under way: taken, and not yet acknowledged.
        window_bytes: bytes of those; a larger item goes alone.
        batch_items: items written together.
        batch_bytes: bytes of those; a larger item goes alone.
        batches: written at once.
        linger_s: how long the first of a batch waits for more.
        batch_s: how long one attempt to write a batch may take.
        patience_s: how long a batch that fails for the moment is tried again.
        idle_s: how long the client may send nothing while nothing of it is under way.
        unread_s: how long the client may read nothing of what it is told.
    """

    window_items: int = 1024
    window_bytes: int = 64 * 1024 * 1024
    batch_items: int = 64
    batch_bytes: int = 16 * 1024 * 1024
    batches: int = 3
    linger_s: float = 0.05
    batch_s: float = 60.0
    patience_s: float = 120.0
    idle_s: float = 300.0
    unread_s: float = 60.0


@dataclass(frozen=True)
class Item:
    """A product of a stream, or why it cannot even be read.

    Attributes:
        sequence: its place in the stream.
        id: the product's.
        product: what is to be stored.
        size_bytes: what it holds of memory.
        taken_s: when it came, on the monotonic clock.
    """

    sequence: int
    id: str
    product: NewProduct | TriptychError
    size_bytes: int
    taken_s: float = 0.0


@dataclass(frozen=True)
class Ack:
    """What became of an item: what there is of it now, or why it was refused."""

    item: Item
    outcome: Written | TriptychError

    @property
    def is_refused(self) -> bool:
        """Whether it is not stored."""
        return isinstance(self.outcome, TriptychError)


@dataclass(frozen=True)
class Acks:
    """What became of items, by sequence; everything up to *settled* is settled; *window* items may be under way."""

    acks: tuple[Ack, ...]
    settled: int
    window: int


@dataclass(frozen=True)
class BackOff:
    """The suite cannot go on for the moment: *window* items may be under way, and it tries again in *delay_s*."""

    window: int
    delay_s: float
    reason: TriptychError


@dataclass(frozen=True)
class Finished:
    """How many items of a stream were stored and refused."""

    stored: int
    refused: int


Told = Acks | BackOff
