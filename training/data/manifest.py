"""A manifest: JSON Lines, one record a line, with the paths of its picture and its sound.

{"id": "mug-1", "text": "a blue mug", "image": "photos/1.jpg", "audio": "said/1.wav", "label": "mug", "split": "train"}
"""

import difflib
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.data.dataset import MODALITIES, SPLITS, Record
from training.data.formats import suffix_problem
from training.data.labels import BadLabel, label_of, read_classes
from training.data.reading import Found, Reading, bad_record, note
from training.data.report import Problem

KEYS = tuple(one.name for one in fields(Record))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BadRecord(ValueError):
    """A line holds no record that can be trained on; *kind* is the problem's."""

    def __init__(self, what: str, kind: str) -> None:
        super().__init__(what)
        self.kind = kind


def read_manifest(path: Path, media_root: Path) -> Reading:
    """Return the records of the manifest at *path*, whose paths are relative to *media_root*.

    A classes.txt beside the manifest names the classes. Records are in the order of the lines.
    """
    classes, problems = read_classes(path.parent)
    reader = _Reader(path, media_root.resolve(), classes)
    found: list[Found] = []
    skipped = 0
    for number, raw in _lines(path):
        where = f"{path.name}:{number}"
        record, wrong = reader.read(raw, where, number)
        problems += wrong
        if record is not None:
            found.append(Found(record, dict.fromkeys(record.modalities, where)))
        skipped += record is None
    return Reading(found, problems, skipped, classes)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold anything, with their numbers from 1."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            line = raw.removeprefix(_BYTE_ORDER_MARK).strip() if number == 1 else raw.strip()
            if line:
                yield number, line


class _Reader:
    """Makes records of lines; remembers the ids that it has met."""

    def __init__(self, path: Path, root: Path, classes: tuple[str, ...]) -> None:
        self._name = path.stem
        self._root = root
        self._classes = classes
        self._places: dict[str, str] = {}

    def read(self, raw: bytes, where: str, number: int) -> tuple[Record | None, list[Problem]]:
        """Return the record of one line and what is wrong with it; None when it cannot be used."""
        try:
            content = _json_object(raw)
            problems = [_unknown_key(name, where) for name in content if name not in KEYS]
            record = self._record(content, number)
            self._remember(record, where)
        except (BadRecord, BadLabel) as error:
            return None, [bad_record(where, str(error), error.kind)]
        problems += _suffix_problems(record, where)
        return (None if any(one.fatal for one in problems) else record), problems

    def _record(self, content: dict[str, Any], number: int) -> Record:
        given = {name: value for name, value in content.items() if value is not None}
        if not any(name in given for name in MODALITIES):
            raise BadRecord("the record has neither text nor image nor audio", "no_content")
        return Record(
            id=_identifier(given.get("id", f"{self._name}-{number}")),
            text=_text(given["text"]) if "text" in given else None,
            image=self._path(given["image"], "image") if "image" in given else None,
            audio=self._path(given["audio"], "audio") if "audio" in given else None,
            label=label_of(given["label"], self._classes) if "label" in given else None,
            split=_split(given["split"]) if "split" in given else None,
            attributes=_attributes(given.get("attributes", {})),
        )

    def _path(self, value: Any, name: str) -> Path:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise BadRecord(f"{name} must be the path of a file, not {json.dumps(value)}", "path_invalid")
        if "://" in value:
            raise BadRecord(f"{name} must be a file here, not the address {value}", "path_invalid")
        path = (self._root / value).resolve()
        if not path.is_relative_to(self._root):
            raise BadRecord(f"{value} leads out of the folder that media are read from", "path_outside")
        if not path.is_file():
            raise BadRecord(f"there is no file {value}", "file_missing")
        return path

    def _remember(self, record: Record, where: str) -> None:
        if (first := self._places.setdefault(record.id, where)) != where:
            raise BadRecord(f"the id {record.id!r} stands already at {first}", "duplicate_id")


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw.decode(), object_pairs_hook=_unique_keys)
    except UnicodeDecodeError as error:
        raise BadRecord("the line is not UTF-8", "not_utf8") from error
    except json.JSONDecodeError as error:
        raise BadRecord(f"the line is not JSON: {error.msg} at column {error.colno}", "bad_json") from error
    except RecursionError as error:
        raise BadRecord("the line is nested too deeply", "bad_json") from error
    if not isinstance(content, dict):
        raise BadRecord("the line is JSON, but no object {…}", "bad_json")
    return content


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise BadRecord("a key stands in the line twice", "bad_json")
    return content


def _unknown_key(name: str, where: str) -> Problem:
    """A key that nobody reads is harmless; one that was meant to be another loses its content."""
    if near := difflib.get_close_matches(name.lower(), KEYS, n=1, cutoff=0.7):
        return bad_record(where, f"the key {name!r} is unknown; is {near[0]!r} meant?", "unknown_key")
    return note(where, f"the key {name!r} is not read", "unread_key")


def _identifier(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadRecord(f"the id must be a word or an integer, not {json.dumps(value)}", "id_invalid")
    return str(value).strip()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadRecord(f"text must be a string, not {json.dumps(value)[:60]}", "text_invalid")
    if not value.strip():
        raise BadRecord("the text is empty", "empty_text")
    return value.strip()


def _split(value: Any) -> str:
    if value not in SPLITS:
        what = f"the split {json.dumps(value)} is not one of {', '.join(SPLITS)}"
        raise BadRecord(what, "split_invalid")
    return str(value)


def _attributes(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) and one.strip() for one in value.values()):
        what = f'attributes must be an object of words, {{"colour": "red"}}, not {json.dumps(value)[:60]}'
        raise BadRecord(what, "attributes_invalid")
    return {name: one.strip() for name, one in value.items()}


def _suffix_problems(record: Record, where: str) -> list[Problem]:
    files = (("image", record.image), ("audio", record.audio))
    wrong = [suffix_problem(path, name, where) for name, path in files if path is not None]
    return [problem for problem in wrong if problem is not None]
