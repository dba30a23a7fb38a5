"""Where encoders get their inputs: texts, pictures, sounds, or the features of a frozen backbone made once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.contrastive import media
from training.contrastive.augment import Augment, augmenter
from training.contrastive.batch import Source
from training.contrastive.corpus import Corpus, Rows
from training.contrastive.feature_cache import cached_features
from training.contrastive.recipe import EncoderRecipe
from training.networks.encoder import ModalityEncoder
from triptych.vocabulary.texts import normalised

Load = Callable[[int], Any]
Stack = Callable[[list[Any]], Any]


class RawSource:
    """Loads one record after the other, augments it, and lets the encoder prepare them together."""

    is_features = False

    def __init__(self, encoder: ModalityEncoder, load: Load, stack: Stack, augment: Augment | None) -> None:
        self._encoder, self._load, self._stack, self._augment = encoder, load, stack, augment
        # Tokenisers keep settings of the call in themselves: two threads must not use one at once.
        self._preparing = Lock()

    def inputs(self, rows: Rows, rng: np.random.Generator | None) -> tuple[Tensor, ...]:
        """Return what the encoder's `features` takes, n records."""
        raw = [self._load(int(row)) for row in rows]
        if rng is not None and self._augment is not None:
            raw = [self._augment(one, rng) for one in raw]
        stacked = self._stack(raw)
        with self._preparing:
            return self._encoder.prepare(stacked)


class FeatureSource:
    """Features [K, N, F] of a frozen backbone: variant 0 is the record as it is, the others are augmented."""

    is_features = True

    def __init__(self, features: NDArray[np.float32], places: Rows) -> None:
        self._features, self._places = features, places

    def inputs(self, rows: Rows, rng: np.random.Generator | None) -> tuple[Tensor, ...]:
        """Return features [n, F]: of any variant with *rng*, of the unchanged records without."""
        variants = 0 if rng is None else rng.integers(len(self._features), size=len(rows))
        return (torch.from_numpy(np.array(self._features[variants, self._places[rows]])),)


def make_source(
    encoder: ModalityEncoder, corpus: Corpus, recipe: EncoderRecipe, *, seed: int, cache: Path, workers: int
) -> Source:
    """Return the source of an encoder's inputs; features of a frozen backbone are computed here and kept in *cache*."""
    load, stack, digest = _LOADERS[encoder.modality](corpus, encoder.facts(), cache, workers)
    augment = augmenter(encoder.modality, recipe.augment, encoder.facts())
    source = RawSource(encoder, load, stack, augment)
    if not encoder.frozen:
        return source
    rows = np.flatnonzero(corpus.present[encoder.modality])
    variants = recipe.variants if augment is not None else 1
    features = cached_features(
        encoder, source, rows, variants=variants, seed=seed, cache=cache, digest=f"{digest} {recipe.augment}"
    )
    return FeatureSource(features, _places(rows, len(corpus.records)))


def _places(rows: Rows, count: int) -> Rows:
    """Return int64 [count], the place of each row among *rows*, -1 where it is not."""
    places = np.full(count, -1, np.int64)
    places[rows] = np.arange(len(rows))
    return places


def _texts(
    corpus: Corpus,
    _facts: Mapping[str, str],
    _cache: Path,
    _workers: int,
) -> tuple[Load, Stack, str]:
    texts = [normalised(one.text or "") for one in corpus.records]
    return texts.__getitem__, list, media.names_digest(texts)


def _pictures(corpus: Corpus, facts: Mapping[str, str], cache: Path, workers: int) -> tuple[Load, Stack, str]:
    rows = np.flatnonzero(corpus.present["image"])
    paths = [path for row in rows if (path := corpus.records[row].image) is not None]
    seen = media.pictures(paths, facts, cache, workers)
    places = _places(rows, len(corpus.records))

    def load(row: int) -> NDArray[np.uint8]:
        return np.array(seen[places[row]])

    def stack(pictures: list[NDArray[np.uint8]]) -> Tensor:
        return torch.from_numpy(np.stack(pictures))

    return load, stack, media.files_digest(paths)


def _sounds(corpus: Corpus, facts: Mapping[str, str], cache: Path, workers: int) -> tuple[Load, Stack, str]:
    rows = np.flatnonzero(corpus.present["audio"])
    paths = [path for row in rows if (path := corpus.records[row].audio) is not None]
    heard = media.sounds(paths, facts, cache, workers)
    places = _places(rows, len(corpus.records))
    samples_max = int(float(facts["seconds_max"]) * int(facts["sample_rate_hz"]))

    def load(row: int) -> NDArray[np.float32]:
        return heard[int(places[row])]

    def stack(waveforms: list[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
        cut = [one[:samples_max] for one in waveforms]
        counts = [len(one) for one in cut]
        together = np.zeros((len(cut), max(counts)), np.float32)
        for row, one in enumerate(cut):
            together[row, : len(one)] = one
        return torch.from_numpy(together), torch.tensor(counts)

    return load, stack, media.files_digest(paths)


_LOADERS = {"text": _texts, "image": _pictures, "audio": _sounds}
