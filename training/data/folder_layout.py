"""The article's folder layout: files of one name belong together.

DATA/classes.txt                    names of the classes, one a line (optional)
DATA/train/texts/12.txt             or text/, as the article has it; also dev/ and test/
DATA/train/images/12.jpg
DATA/train/audio/12.wav
DATA/train/labels.csv               id,label (optional; or labels.jsonl)

Where files lie in a folder of their own below texts/, images/ or audio/, its name is their label.
"""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from training.data.dataset import MODALITIES, SPLITS, Record
from training.data.formats import suffix_problem
from training.data.labels import (
    CLASSES_FILE,
    LABEL_FILES,
    BadLabel,
    LabelFile,
    label_of,
    read_classes,
    read_labels,
)
from training.data.reading import Found, Reading, bad_data, bad_record, note
from training.data.report import Problem

FOLDERS = {"text": ("texts", "text"), "image": ("images",), "audio": ("audio",)}
# Names under which others keep what is called dev and test here: to pass them over in silence would lose data.
_OTHER_SPLIT_NAMES = {"val", "valid", "validation", "eval", "training", "testing"}
# What desktops leave in folders.
_LITTER = {"thumbs.db", "desktop.ini"}


@dataclass
class _Stem:
    """All files of one name in one split: path and label folder by modality."""

    files: dict[str, Path] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)


def read_folder(root: Path) -> Reading:
    """Return the records below *root*, by split and then by name; their ids are "train/12"."""
    classes, problems = read_classes(root)
    reading = Reading([], problems, 0, classes)
    present = [split for split in SPLITS if (root / split).is_dir()]
    if not present:
        what = "the folder is empty" if not any(root.iterdir()) else "the folder has no folder train"
        problems.append(bad_data(root.name or str(root), what, "empty"))
    problems += [_unread(path) for path in _entries(root) if path.name not in {*SPLITS, CLASSES_FILE}]
    skipped = 0
    for split in present:
        skipped += _SplitReader(root, split, reading).read()
    return Reading(reading.found, problems, skipped, classes)


def _unread(path: Path) -> Problem:
    if path.is_dir() and path.name.lower() in _OTHER_SPLIT_NAMES:
        return bad_data(path.name, f"a split is called {', '.join(SPLITS)}", "split_invalid")
    return note(path.name, "this is not read", "unread")


def _entries(folder: Path) -> list[Path]:
    """Return what lies in *folder*, by name, without hidden files and litter."""
    kept = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in kept if path.name.lower() not in _LITTER)


class _SplitReader:
    """Reads one split into a reading."""

    def __init__(self, root: Path, split: str, reading: Reading) -> None:
        self._root, self._split, self._reading = root, split, reading
        self._problems = reading.problems
        self._stems: dict[str, _Stem] = defaultdict(_Stem)
        self._bad: set[str] = set()

    def read(self) -> int:
        """Add the split's records; return how many were left out."""
        folder = self._root / self._split
        labels = read_labels(folder, self._split, self._reading.classes)
        self._problems += labels.problems
        for path in _entries(folder):
            if path.name not in {*itertools.chain(*FOLDERS.values()), *LABEL_FILES}:
                self._problems.append(self._stray(path))
        found = {name: [folder / each for each in FOLDERS[name]] for name in MODALITIES}
        found = {name: [each for each in paths if each.is_dir()] for name, paths in found.items()}
        present = [name for name, paths in found.items() if paths]
        for modality in present:
            for each in found[modality]:
                self._collect(each, modality)
        if not self._stems:
            self._problems.append(bad_data(self._split, "the folder holds no files to read", "empty"))
        self._unmatched(labels)
        for stem in sorted(self._stems):
            self._add(stem, present, labels)
        return len(self._bad)

    def _stray(self, path: Path) -> Problem:
        known = ", ".join(" or ".join(names) for names in FOLDERS.values())
        if path.is_dir():
            return bad_data(self._where(path), f"the folders of a split are {known}", "unknown_folder")
        return note(self._where(path), "this is not read", "unread")

    def _where(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _collect(self, folder: Path, modality: str) -> None:
        for entry in _entries(folder):
            if entry.is_dir():
                for path in _entries(entry):
                    self._file(path, modality, entry.name)
            else:
                self._file(entry, modality, None)

    def _file(self, path: Path, modality: str, label: str | None) -> None:
        where = self._where(path)
        if path.is_dir():
            self._problems.append(bad_data(where, "folders in folders are not read", "unknown_folder"))
            return
        stem = self._stems[path.stem]
        if problem := suffix_problem(path, modality, where):
            self._wrong(path.stem, problem)
        elif first := stem.files.get(modality):
            what = f"the name {path.stem!r} is already that of {self._where(first)}"
            self._wrong(path.stem, bad_record(where, what, "duplicate_id"))
        else:
            stem.files[modality] = path
        if label is not None:
            stem.folders.add(label)

    def _wrong(self, stem: str, problem: Problem) -> None:
        self._problems.append(problem)
        self._bad.add(stem)

    def _unmatched(self, labels: LabelFile) -> None:
        for name in labels.labels:
            if name not in self._stems:
                what = f"there is no file called {name!r} in {self._split}"
                self._problems.append(bad_record(labels.places[name], what, "unpaired"))

    def _add(self, stem: str, present: list[str], labels: LabelFile) -> None:
        if stem in self._bad:
            return
        files = self._stems[stem].files
        where = {modality: self._where(path) for modality, path in files.items()}
        place = next(iter(where.values()))
        try:
            label = self._label(stem, labels)
        except BadLabel as error:
            self._wrong(stem, bad_record(place, str(error), error.kind))
            return
        missing = [modality for modality in present if modality not in files]
        # A label ties a file to others of its class: then it need not have a partner of its own name.
        if problem := _pairing_problem(stem, place, missing, alone=label is None and len(files) == 1):
            self._problems.append(problem)
            if problem.fatal:
                self._bad.add(stem)
                return
        text = self._text(stem, files["text"]) if "text" in files else None
        if stem not in self._bad:
            record = Record(
                f"{self._split}/{stem}", text, files.get("image"), files.get("audio"), label, self._split
            )
            self._reading.found.append(Found(record, where))

    def _label(self, stem: str, labels: LabelFile) -> str | None:
        """Return the label that the file of labels or the folder's name gives; both must agree."""
        named = {label_of(name, self._reading.classes) for name in self._stems[stem].folders}
        if stem in labels.labels:
            named.add(labels.labels[stem])
        if len(named) > 1:
            raise BadLabel(f"{stem} has several labels: {', '.join(sorted(named))}", "label_conflict")
        return next(iter(named), None)

    def _text(self, stem: str, path: Path) -> str | None:
        try:
            text = path.read_text("utf-8-sig").strip()
        except UnicodeDecodeError:
            self._wrong(stem, bad_record(self._where(path), "the file is not UTF-8", "not_utf8"))
            return None
        if not text:
            self._wrong(stem, bad_record(self._where(path), "the text is empty", "empty_text"))
        return text


def _pairing_problem(stem: str, place: str, missing: list[str], *, alone: bool) -> Problem | None:
    """Return what is wrong with a name that is not in every folder: fatal where nothing else ties its file."""
    if not missing:
        return None
    folders = " or ".join(FOLDERS[name][0] for name in missing)
    what = f"there is no file called {stem!r} in {folders}"
    return bad_record(place, what, "unpaired") if alone else note(place, what, "incomplete")
