"""Asks the running suite which products are like a photo of which it is known what it shows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from training.calibration.gather import DEPTH, TIMEOUT_S, in_flight
from training.errors import TrainingError
from triptych.client import Client, TriptychClientError
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

# As many neighbours as the gateway lets vote.
NEIGHBOURS = 50


@dataclass(frozen=True)
class KnownPhoto:
    """A photo and what it shows; with neither product nor category, something that the catalogue has not."""

    name: str
    image: types_pb2.Media
    product_id: str = ""
    category: str = ""


@dataclass(frozen=True)
class Ballot:
    """What neighbours vote for: their cosines, descending, what each votes for, and what would be right."""

    cosines: tuple[float, ...]
    labels: tuple[str, ...]
    truth: str


@dataclass(frozen=True)
class Looked:
    """What was found for a photo.

    Args:
        known: whether the catalogue has its category.
        cosine: of the most similar product; -1 where there is none.
        cosine_without: of the most similar product of another category; None where the catalogue has none like it anyway.
        category, match: the votes; None where the truth is not known.
        attributes: the votes for each attribute that is one text.
    """

    known: bool
    cosine: float
    cosine_without: float | None
    category: Ballot | None
    match: Ballot | None
    attributes: tuple[Ballot, ...]


class Catalogue:
    """The catalogue of that name in the suite behind *client*; what it says of products and categories is remembered."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._products: dict[str, types_pb2.Product | None] = {}
        self._categories: dict[str, bool] = {}

    def look(self, photos: Iterable[KnownPhoto]) -> Iterator[Looked]:
        """Yield what is found for each photo.

        Raises:
            TrainingError: the suite refuses one.
        """
        yield from in_flight(self._look_at, photos)

    def _look_at(self, photo: KnownPhoto) -> Looked:
        try:
            product = self._product(photo.product_id) if photo.product_id else None
            category = photo.category or (product.category if product else "")
            known = bool(category) and self._has(category, photo.image)
            neighbours = self._neighbours(photo.image)[:NEIGHBOURS]
            others = self._neighbours(photo.image, f"NOT {is_of(category)}") if known else []
        except TriptychClientError as error:
            raise TrainingError(f"{photo.name}: {error}") from error
        return Looked(
            known,
            neighbours[0].similarity if neighbours else -1.0,
            (others[0].similarity if others else -1.0) if known else None,
            ballot(neighbours, [each.product.category for each in neighbours], category) if known else None,
            ballot(neighbours, [each.product.id for each in neighbours], product.id) if product else None,
            tuple(attribute_ballots(neighbours, product)) if product else (),
        )

    def _neighbours(self, image: types_pb2.Media, filter_: str = "") -> Sequence[pb.SearchResult]:
        parts = [pb.QueryPart(image=image)]
        return self._client.search(
            parts=parts, catalog=self._name, page_size=DEPTH, filter=filter_, timeout_s=TIMEOUT_S
        ).results

    def _product(self, product_id: str) -> types_pb2.Product | None:
        if product_id not in self._products:
            try:
                self._products[product_id] = self._client.get(product_id, catalog=self._name)
            except TriptychClientError as error:
                if error.reason != "PRODUCT_NOT_FOUND":
                    raise
                self._products[product_id] = None
        return self._products[product_id]

    def _has(self, category: str, image: types_pb2.Media) -> bool:
        if category not in self._categories:
            self._categories[category] = bool(self._neighbours(image, is_of(category)))
        return self._categories[category]


def is_of(category: str) -> str:
    """Return the filter that products of *category* pass."""
    return f"category = {json.dumps(category, ensure_ascii=False)}"


def ballot(neighbours: Sequence[pb.SearchResult], labels: Sequence[str], truth: str) -> Ballot | None:
    """Return what *neighbours* vote for; None where there are none."""
    if not neighbours:
        return None
    return Ballot(tuple(each.similarity for each in neighbours), tuple(labels), truth)


def attribute_ballots(neighbours: Sequence[pb.SearchResult], product: types_pb2.Product) -> Iterator[Ballot]:
    """Yield the votes for each attribute of *product* that is one text."""
    for name, value in sorted(product.attributes.items()):
        labels = [text_of(each.product, name) for each in neighbours]
        made = ballot(neighbours, labels, value.string_value) if value.string_value else None
        if made is not None:
            yield made


def text_of(product: types_pb2.Product, name: str) -> str:
    """Return the attribute of that *name*; empty where there is none or it is no text."""
    return str(product.attributes[name].string_value) if name in product.attributes else ""
