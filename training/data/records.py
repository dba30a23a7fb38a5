"""Reads a shop's data, whichever way it lies, and refuses what cannot be trained on with all the reasons."""

from pathlib import Path

from training.data.dataset import MODALITIES, SPLITS, Dataset, Record
from training.data.folder_layout import read_folder
from training.data.loading import DEFAULT_LIMITS, MediaLimits
from training.data.manifest import read_manifest
from training.data.media_check import check_media
from training.data.reading import Reading
from training.data.report import DatasetError, Problem, Report
from training.data.whole_checks import check_whole
from training.errors import TrainingError

__all__ = [
    "MODALITIES",
    "SPLITS",
    "Dataset",
    "DatasetError",
    "Problem",
    "Record",
    "Report",
    "check_dataset",
    "read_dataset",
]

MANIFEST_FILE = "manifest.jsonl"
_MANIFEST_SUFFIXES = {".jsonl", ".ndjson"}


def read_dataset(
    path: Path,
    *,
    media_root: Path | None = None,
    skip_bad: bool = False,
    for_training: bool = True,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> Dataset:
    """Return the records of the dataset at *path*, every picture and sound of which has been decoded once.

    Args:
        path: a manifest (.jsonl), a folder with a manifest.jsonl, or a folder in the layout train/{texts,images,audio}.
        media_root: what a manifest's paths are relative to; None: the manifest's folder.
        skip_bad: leave bad records out instead of stopping, where that mends the data.
        for_training: also refuse what cannot be trained on, such as a single product.
        limits: what the service that will encode these files accepts.

    Raises:
        DatasetError: a problem stops the training; its report says all of them.
        TrainingError: there is nothing at *path* that can be read.
    """
    dataset = check_dataset(path, media_root=media_root, for_training=for_training, limits=limits)
    if stopping := dataset.report.stopping(skip_bad=skip_bad):
        raise DatasetError(dataset.report, stopping)
    return dataset


def check_dataset(
    path: Path,
    *,
    media_root: Path | None = None,
    for_training: bool = True,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> Dataset:
    """Return the good records at *path* and a report of all problems, whether or not they stop a training.

    Arguments are those of `read_dataset`.
    """
    reading = check_media(_read(path, media_root), limits)
    records = tuple(found.record for found in reading.found)
    problems = (*reading.problems, *check_whole(path.name, records, for_training=for_training))
    report = Report(str(path), problems, skipped=reading.skipped)
    return Dataset(path, records, report, reading.classes)


def _read(path: Path, media_root: Path | None) -> Reading:
    try:
        if path.is_dir():
            manifest = path / MANIFEST_FILE
            return read_manifest(manifest, media_root or path) if manifest.exists() else read_folder(path)
        if path.suffix.lower() in _MANIFEST_SUFFIXES:
            return read_manifest(path, media_root or path.parent)
    except OSError as error:
        raise TrainingError(f"{error.filename}: {error.strerror}") from error
    if not path.exists():
        raise TrainingError(f"{path}: there is no such file or folder")
    raise TrainingError(f"{path}: a dataset is a folder or a manifest that ends in .jsonl")
