"""Spoken queries of the training combinations as cepstral coefficients, cached."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.cache import cached
from training.data.texts import Said, subset
from training.demo.texts import query_text
from training.demo.voices import VOICES, Voice, Wave, perturb, speak
from training.networks.audio import mean_free
from training.networks.mfcc import COEFFICIENTS, mfcc

SECONDS_MAX = 4.5
_CHINESE_SHARE = 0.25
_PERTURBED_SHARE = 0.75
_FRAMES_MAX = round(SECONDS_MAX * 100)


@dataclass(frozen=True)
class Utterance:
    """What is said, how, and the seed of the room it is said in (None: as synthesised)."""

    said: Said
    voice: Voice
    rate_wpm: int = 165
    pitch: int = 50
    room_seed: int | None = None


def script(known: Sequence[dict[str, str]], count: int, seed: int) -> list[Utterance]:
    """Return *count* utterances about the known combinations, the same for the same seed."""
    rng = random.Random(seed)
    return [_utterance(known, rng) for _ in range(count)]


def _utterance(known: Sequence[dict[str, str]], rng: random.Random) -> Utterance:
    language = "zh" if rng.random() < _CHINESE_SHARE else "en"
    named = subset(rng.choice(known), rng)
    voice = rng.choice([voice for voice in VOICES if voice.language == language])
    perturbed = rng.random() < _PERTURBED_SHARE
    return Utterance(
        said=Said(query_text(named, language, rng), named),
        voice=voice,
        rate_wpm=rng.randint(145, 185),
        pitch=rng.randint(38, 62),
        room_seed=rng.randrange(2**31) if perturbed else None,
    )


def spoken(utterance: Utterance) -> Wave:
    """Return the samples of an utterance, at 16 kHz."""
    wave = speak(utterance.said.text, utterance.voice, rate_wpm=utterance.rate_wpm, pitch=utterance.pitch)
    if utterance.room_seed is None:
        return wave
    return perturb(wave, np.random.default_rng(utterance.room_seed))


def coefficients(
    folder: Path, utterances: Sequence[Utterance], workers: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return float16 [N, 451, 40] mean-free coefficients, zero after the end, and the frame counts [N]."""
    packed = cached(folder, "speech", _coefficients, utterances, workers)
    return packed[:, 1:], packed[:, 0, 0].astype(np.int64)


def _coefficients(utterance: Utterance) -> NDArray[np.float16]:
    """Row 0 holds the number of frames, the others the frames."""
    torch.set_num_threads(1)
    wave = torch.from_numpy(spoken(utterance))[None, : int(SECONDS_MAX * 16_000)]
    frames, _ = mean_free(mfcc(wave), torch.tensor([wave.shape[1]]))
    packed = np.zeros((_FRAMES_MAX + 2, COEFFICIENTS), np.float16)
    packed[0, 0] = frames.shape[-1]
    packed[1 : 1 + frames.shape[-1]] = frames[0].T.numpy()
    return packed


def batch(frames: NDArray[Any], counts: NDArray[Any], rows: NDArray[Any]) -> tuple[Tensor, Tensor]:
    """Return coefficients [B, 40, T] and present [B, T] of some rows, cut to the longest of them."""
    longest = int(counts[rows].max())
    chosen = torch.from_numpy(frames[rows, :longest].astype(np.float32)).transpose(1, 2)
    present = torch.arange(longest) < torch.from_numpy(counts[rows])[:, None]
    return chosen, present
