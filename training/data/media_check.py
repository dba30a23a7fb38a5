"""Decodes every picture and sound once, side by side, so that no run stops at a broken file after an hour."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from training.data.dataset import Record
from training.data.loading import MediaLimits, size_problem
from training.data.reading import Found, Reading, bad_record, note
from training.data.report import Problem
from triptych.media import sounds
from triptych.media.pictures import decode_picture, ignore_oddities
from triptych.vocabulary.errors import InvalidArgument
from triptych.vocabulary.media import Resize

# Small, so that libjpeg need not unpack what is shrunk away; every byte of the file is read all the same.
_SIDE_PX = 32
_THREADS_MAX = 16


@dataclass(frozen=True)
class Checked:
    """What came of one file: a digest of its bytes, or what is wrong with it and of which kind."""

    digest: str = ""
    what: str = ""
    kind: str = ""


def check_media(reading: Reading, limits: MediaLimits) -> Reading:
    """Return *reading* without the records whose picture or sound cannot be read, and with their problems."""
    checked = _checked(reading.found, limits)
    problems, good = list(reading.problems), []
    for found in reading.found:
        wrong = _wrong(found, checked)
        problems += wrong
        if not wrong:
            good.append(found)
    problems += _in_several_splits(good, checked)
    skipped = reading.skipped + len(reading.found) - len(good)
    return Reading(good, problems, skipped, reading.classes)


def _checked(found: list[Found], limits: MediaLimits) -> dict[Path, Checked]:
    """Check every file once, however many records name it."""
    ignore_oddities()
    modality_of = {path: modality for one in found for modality, path in media_of(one.record)}
    threads = min(_THREADS_MAX, 2 * (os.cpu_count() or 1))
    with ThreadPoolExecutor(threads) as pool:
        results = pool.map(lambda item: _check(item[0], item[1], limits), modality_of.items())
        return dict(zip(modality_of, results, strict=True))


def media_of(record: Record) -> Iterator[tuple[str, Path]]:
    """Yield the record's picture and sound with their modality, where there are any."""
    if record.image is not None:
        yield "image", record.image
    if record.audio is not None:
        yield "audio", record.audio


def _check(path: Path, modality: str, limits: MediaLimits) -> Checked:
    try:
        if wrong := size_problem(path.stat().st_size, limits):
            return Checked(what=wrong, kind="media_size")
        data = path.read_bytes()
        _decode(data, modality, limits)
    except OSError as error:
        return Checked(what=error.strerror or str(error), kind="file_unreadable")
    except InvalidArgument as error:
        return Checked(what=error.message, kind=error.reason.value.lower())
    return Checked(hashlib.blake2b(data, digest_size=16).hexdigest())


def _decode(data: bytes, modality: str, limits: MediaLimits) -> None:
    if modality == "image":
        decode_picture(
            data,
            height_px=_SIDE_PX,
            width_px=_SIDE_PX,
            resize=Resize.SQUASH,
            pixels_max=limits.pixels_max,
        )
    else:
        sounds.decode_mono(data, limits.seconds_max, limits.silence_dbfs)


def _wrong(found: Found, checked: dict[Path, Checked]) -> list[Problem]:
    results = [(modality, checked[path]) for modality, path in media_of(found.record)]
    return [bad_record(found.where[modality], one.what, one.kind) for modality, one in results if one.what]


def _in_several_splits(good: list[Found], checked: dict[Path, Checked]) -> Iterable[Problem]:
    """Yield notes on files of which another split holds a copy: figures over them are too good."""
    first: dict[str, tuple[str | None, str]] = {}
    for found in good:
        for modality, path in media_of(found.record):
            split, where = found.record.split, found.where[modality]
            other, place = first.setdefault(checked[path].digest, (split, where))
            if other != split:
                yield note(where, f"the same {modality} is at {place} in the split {other}", "in_two_splits")
