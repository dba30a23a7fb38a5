"""Asks the running suite what was judged, and takes down what it knows of the products that it finds."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from training.calibration.rows import JudgedQuery, judged_query
from training.errors import TrainingError
from triptych.client import Client, TriptychClientError
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

Item = TypeVar("Item")
Made = TypeVar("Made")

DEPTH = 100
IN_FLIGHT = 4
TIMEOUT_S = 60.0
_KINDS = {
    types_pb2.MODALITY_TEXT: "text",
    types_pb2.MODALITY_IMAGE: "image",
    types_pb2.MODALITY_AUDIO: "audio",
}


@dataclass(frozen=True)
class Judgement:
    """What was asked, and which products are right.

    Args:
        name: what it is called in messages.
        relevant: ids.
        not_relevant: ids; None where every other product is irrelevant.
    """

    name: str
    parts: tuple[pb.QueryPart, ...]
    relevant: frozenset[str]
    not_relevant: frozenset[str] | None = None

    def of(self, product_id: str) -> bool | None:
        """Return whether the product is relevant; None where nobody judged it."""
        if product_id in self.relevant:
            return True
        return False if self.not_relevant is None or product_id in self.not_relevant else None


def gather(
    client: Client, catalog: str, judgements: Iterable[Judgement | JudgedQuery]
) -> Iterator[JudgedQuery]:
    """Yield what the suite finds for each judgement; what was shown to customers already is passed on as it is.

    Raises:
        TrainingError: the suite refuses a query.
    """

    def found(item: Judgement | JudgedQuery) -> JudgedQuery:
        return item if isinstance(item, JudgedQuery) else ask(client, catalog, item)

    yield from in_flight(found, judgements)


def ask(client: Client, catalog: str, judgement: Judgement) -> JudgedQuery:
    """Return the judged ones of the first hundred products that are found; space and fusion are left to the suite."""
    try:
        response = client.search(
            parts=judgement.parts,
            catalog=catalog,
            page_size=DEPTH,
            similarity=types_pb2.SIMILARITY_METRIC_COSINE,
            timeout_s=TIMEOUT_S,
        )
    except TriptychClientError as error:
        raise TrainingError(f"{judgement.name}: {error}") from error
    return judged(response, judgement)


def judged(response: pb.SearchProductsResponse, judgement: Judgement) -> JudgedQuery:
    """Return the judged products of *response*, without those that are found by their id or article number."""
    found = [
        ({"cosine": result.similarity, "lexical": result.scores.lexical}, relevant)
        for result in response.results
        if not result.exact_match and (relevant := judgement.of(result.product.id)) is not None
    ]
    best = max(
        (result.similarity for result in response.results if result.HasField("similarity")), default=0.0
    )
    return judged_query(kind_of(response.interpretation), found, best)


def kind_of(understood: pb.QueryInterpretation) -> str:
    """Return the kind of a query, as the gateway tells it."""
    if len(understood.modalities) > 1:
        return "mixed"
    return _KINDS.get(next(iter(understood.modalities), types_pb2.MODALITY_UNSPECIFIED), "any")


def in_flight(call: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """Yield *call* of each item in order, a few at a time; no more of *items* are read than are worked on."""
    iterator = iter(items)
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        while chunk := list(islice(iterator, 4 * IN_FLIGHT)):
            yield from pool.map(call, chunk)
