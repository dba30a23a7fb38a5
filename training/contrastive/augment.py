"""Augmentation of one record by the functions of training/data/augment/, as a recipe names them."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from training.data.augment import pictures, sounds, texts
from training.data.loading import load_sound
from training.errors import TrainingError

Augment = Callable[[Any, np.random.Generator], Any]
# Noise is drawn from recordings no longer than this.
_NOISE_SECONDS_MAX = 600.0


def augmenter(modality: str, options: bool | Mapping[str, Any], facts: Mapping[str, str]) -> Augment | None:
    """Return what changes one record's text, picture uint8 [H, W, 3] or waveform float32 [S]; None: nothing does.

    Args:
        modality: "text", "image" or "audio".
        options: False: none; True: the defaults; else the options of the functions that differ from the defaults,
            and "synonyms" (a file, for text) or "noises" (a folder of recordings, for audio).
        facts: of the encoder.

    Raises:
        TrainingError: an option is unknown or has a wrong value.
    """
    if options is False or options == {}:
        return None
    return _MAKERS[modality]({} if options is True else dict(options), facts)


def _text(options: dict[str, Any], facts: Mapping[str, str]) -> Augment:  # noqa: ARG001 - as the others
    path = options.pop("synonyms", None)
    synonyms = texts.read_synonyms(Path(path)) if path else None
    chosen = _checked("text", texts.TextOptions, options)
    return lambda text, rng: texts.varied(text, rng, chosen, synonyms)


def _picture(options: dict[str, Any], facts: Mapping[str, str]) -> Augment:  # noqa: ARG001 - as the others
    chosen = _checked("image", pictures.PictureOptions, options)
    return lambda picture, rng: pictures.varied(picture, rng, chosen)


def _sound(options: dict[str, Any], facts: Mapping[str, str]) -> Augment:
    rate_hz = int(facts["sample_rate_hz"])
    folder = options.pop("noises", None)
    paths = sorted(path for path in Path(folder).iterdir() if path.is_file()) if folder else []
    noises = [load_sound(path, rate_hz, _NOISE_SECONDS_MAX) for path in paths]
    chosen = _checked("audio", sounds.SoundOptions, options)
    return lambda wave, rng: sounds.varied(wave, rng, rate_hz, chosen, noises=noises)


_MAKERS = {"text": _text, "image": _picture, "audio": _sound}


def _checked(modality: str, kind: type[Any], options: Mapping[str, Any]) -> Any:
    known = {field.name for field in fields(kind)}
    if unknown := sorted(set(options) - known):
        raise TrainingError(
            f"{modality}.augment: {unknown[0]!r} is unknown; there are: {', '.join(sorted(known))}"
        )
    try:
        return TypeAdapter(kind).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise TrainingError(f"{modality}.augment.{field}: {first['msg']}") from error
