"""A pack and its facts: the folder, and what its pack.json says.

shop-pack/
pack.json                    what this module reads
MODEL_CARD.md                the same for people
text_encoder/config.pbtxt    one folder a model, as Triton serves them
text_encoder/1/…
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
PACK_FILE = "pack.json"
CARD_FILE = "MODEL_CARD.md"
ENCODERS = {"text": "text_encoder", "image": "image_encoder", "audio": "audio_encoder"}
OTHER_MODELS = ("fusion", "ranker", "describer", "transcriber")
MODELS = (*ENCODERS.values(), *OTHER_MODELS)

# Both stand in the ids of spaces and in the names of folders.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class PackError(Exception):
    """A pack cannot be used; the message says why in a sentence."""


@dataclass(frozen=True)
class ModelEntry:
    """One model of a pack: what it is built like, and how many numbers it has learned."""

    kind: str
    parameters: int


@dataclass(frozen=True)
class Pack:
    """What a pack says of itself.

    Args:
        folder: where it lies.
        name, version: "triptych-demo", "1"; together they name its spaces.
        licence: an SPDX expression, or words.
        languages: such as "en"; empty where none was trained on.
        dimension: numbers per vector, the same in all spaces of the pack.
        modalities: those that it encodes, sorted.
        models: by the name of the folder.
        requires: the packages that its models import, by the names under which they are installed.
        figures: how good it is, the most telling figure first.
        recipe: what it was made from and how.
        checksums: SHA-256 of every file but pack.json, by path.
    """

    folder: Path
    name: str
    version: str
    licence: str
    languages: tuple[str, ...]
    dimension: int
    modalities: tuple[str, ...]
    models: Mapping[str, ModelEntry]
    requires: tuple[str, ...]
    figures: Mapping[str, float]
    recipe: Mapping[str, Any]
    checksums: Mapping[str, str]

    @property
    def id(self) -> str:
        """The part of its spaces' ids before the kind: "triptych-demo-1"."""
        return f"{self.name}-{self.version}"


def read_pack(folder: Path) -> Pack:
    """Read the facts of the pack in *folder*; whether they are true is for `verify` to say.

    Raises:
        PackError: there is no pack.json, it is of another format, or a fact is missing or makes no sense.
    """
    path = folder / PACK_FILE
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PackError(f"{folder} is no pack: it has no {PACK_FILE}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict) or "format" not in content:
        raise PackError(f"{path} is no pack's: it names no format")
    if content["format"] != FORMAT:
        raise PackError(
            f"{path} is of format {content['format']!r} and this version of Triptych reads format {FORMAT}"
        )
    try:
        return _pack(folder, content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise PackError(f"{path} is broken: {reason}") from error


def _pack(folder: Path, content: Mapping[str, Any]) -> Pack:
    return Pack(
        folder=folder,
        name=_matching(NAME, content, "name"),
        version=_matching(VERSION, content, "version"),
        licence=str(content["licence"]),
        languages=_words(content, "languages"),
        dimension=_positive(content["dimension"], "dimension"),
        modalities=_known(_words(content, "modalities"), tuple(ENCODERS), "modality"),
        models={
            name: ModelEntry(str(entry["kind"]), int(entry["parameters"]))
            for name, entry in content["models"].items()
            if _known((name,), MODELS, "model")
        },
        requires=_words(content, "requires"),
        figures={str(name): float(value) for name, value in content["figures"].items()},
        recipe=dict(content["recipe"]),
        checksums={_path(name): _digest(value) for name, value in content["checksums"].items()},
    )


def _matching(pattern: re.Pattern[str], content: Mapping[str, Any], name: str) -> str:
    value = content[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"the {name} {value!r} must match {pattern.pattern}")
    return value


def _words(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = content[name]
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{name} must be a list of words")
    return tuple(value)


def _known(words: tuple[str, ...], allowed: tuple[str, ...], what: str) -> tuple[str, ...]:
    for word in words:
        if word not in allowed:
            raise ValueError(f"{word!r} is no {what}; there are {', '.join(allowed)}")
    return words


def _positive(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    return value


def _path(name: str) -> str:
    """Return *name*, which must stay inside the pack."""
    parts = name.split("/")
    if not name or "\\" in name or "\0" in name or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"{name!r} is no path inside the pack")
    return name


def _digest(value: object) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ValueError(f"{value!r} is no SHA-256")
    return value
