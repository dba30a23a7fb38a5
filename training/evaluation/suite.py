"""Searches through the running suite: products into a catalogue of their own, every query through the gateway."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from training.data.dataset import Record
from training.errors import TrainingError
from training.evaluation.answers import DEPTH, Answer, without
from training.evaluation.queries import Query
from triptych.client import Client, TriptychClientError, media, part
from triptych.local.catalogs import EVALUATION
from triptych.v1 import types_pb2

Progress = Callable[[str, int, int], None]

BATCH = 20
IN_FLIGHT = 4
TITLE_CHARACTERS_MAX = 512
TIMEOUT_S = 60.0
_SPACES = {
    "fused": types_pb2.SEARCH_SPACE_FUSED,
    "text": types_pb2.SEARCH_SPACE_TEXT,
    "image": types_pb2.SEARCH_SPACE_IMAGE,
    "audio": types_pb2.SEARCH_SPACE_AUDIO,
}


class SuiteSearch:
    """The suite behind the gateway at *address*; what was stored for an evaluation is removed after it."""

    def __init__(self, address: str, modalities: Sequence[str], progress: Progress = lambda *_: None) -> None:
        self._address = address
        self._modalities = modalities
        self._progress = progress

    def answers(self, products: Sequence[Record], queries: Sequence[Query]) -> list[Answer]:
        """Return what is found for each query."""
        # Ids of a dataset may be anything; those of the API are short and keep the dataset's order of ids.
        kept = [product for product in products if set(product.modalities) & set(self._modalities)]
        names = {f"r{at:08d}": product for at, product in enumerate(sorted(kept, key=lambda one: one.id))}
        catalog = f"{EVALUATION}{uuid.uuid4().hex[:12]}"
        with Client(self._address) as client, self._stored(client, catalog, names):
            return self._ask(client, catalog, names, queries)

    @contextmanager
    def _stored(self, client: Client, catalog: str, names: dict[str, Record]) -> Iterator[None]:
        """Keep the products in *catalog* while the block runs."""
        ids = [*names]
        try:
            for at in range(0, len(ids), BATCH):
                self._store(client, catalog, {name: names[name] for name in ids[at : at + BATCH]})
                self._progress("storing", min(at + BATCH, len(ids)), len(ids))
            yield
        finally:
            _remove(client, catalog, ids)

    def _store(self, client: Client, catalog: str, chunk: dict[str, Record]) -> None:
        products = [_product(name, record, self._modalities) for name, record in chunk.items()]
        try:
            results = client.upsert(products, catalog=catalog, timeout_s=TIMEOUT_S)
        except TriptychClientError as error:
            raise TrainingError(f"the suite does not take the products: {error}") from error
        for record, result in zip(chunk.values(), results, strict=True):
            if result.HasField("error"):
                raise TrainingError(f"product {record.id}: {result.error.message}")

    def _ask(
        self, client: Client, catalog: str, names: dict[str, Record], queries: Sequence[Query]
    ) -> list[Answer]:
        answers: list[Answer] = []
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            for answer in pool.map(lambda query: _search(client, catalog, names, query), queries):
                answers.append(answer)
                self._progress("asking", len(answers), len(queries))
        return answers


def _search(client: Client, catalog: str, names: dict[str, Record], query: Query) -> Answer:
    # What is judged are vectors: speech is not to be written down on the way.
    modes = {"audio": types_pb2.AUDIO_MODE_SOUND}
    parts = [
        part(
            **{name: getattr(query, name)},
            weight=query.weights.get(name),
            audio_mode=modes.get(name, types_pb2.AUDIO_MODE_UNSPECIFIED),
        )
        for name in query.modalities
    ]
    try:
        response = client.search(
            parts=parts,
            catalog=catalog,
            page_size=DEPTH,
            search_space=_SPACES[query.space],
            fusion=types_pb2.FusionStrategy.Value(f"FUSION_STRATEGY_{query.fusion.upper()}"),
            similarity=types_pb2.SIMILARITY_METRIC_COSINE,
            ranking=types_pb2.RANKING_STRATEGY_SIMILARITY,
            timeout_s=TIMEOUT_S,
        )
    except TriptychClientError as error:
        raise TrainingError(f"query {query.id} ({query.direction}): {error}") from error
    found = Answer(
        tuple(names[result.product.id].id for result in response.results),
        tuple(result.score for result in response.results),
    )
    return without(found, query.excluded)


def _product(name: str, record: Record, modalities: Sequence[str]) -> types_pb2.Product:
    product = types_pb2.Product(id=name)
    if record.text is not None and "text" in modalities:
        # Both are one text to the encoder; a title is bounded.
        field = "title" if len(record.text) <= TITLE_CHARACTERS_MAX else "description"
        setattr(product, field, record.text)
    if record.image is not None and "image" in modalities:
        product.images.append(_media(record.image))
    if record.audio is not None and "audio" in modalities:
        product.audio.append(_media(record.audio))
    return product


def _media(path: Path) -> types_pb2.Media:
    try:
        return media(path)
    except OSError as error:
        raise TrainingError(f"{path}: {error.strerror}") from error


def _remove(client: Client, catalog: str, ids: Sequence[str]) -> None:
    for at in range(0, len(ids), 1000):
        try:
            client.delete(ids[at : at + 1000], catalog=catalog, timeout_s=TIMEOUT_S)
        except TriptychClientError:
            # Nothing was stored, or the suite is gone: neither is the evaluation's business.
            return
