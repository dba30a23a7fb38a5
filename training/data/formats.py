"""Which files are read, by the ends of their names."""

from pathlib import PurePath

from training.data.reading import bad_record
from training.data.report import Problem

SUFFIXES = {
    "text": (".txt",),
    "image": (".jpg", ".jpeg", ".png", ".webp", ".gif"),
    "audio": (".wav", ".flac", ".ogg", ".opus", ".mp3"),
}


def suffix_problem(path: PurePath, modality: str, where: str) -> Problem | None:
    """Return what is wrong with the name of a file that should hold *modality*; None when nothing is."""
    if path.suffix.lower() in SUFFIXES[modality]:
        return None
    known = ", ".join(SUFFIXES[modality])
    what = f"the format of {path.name} is not read as {modality}; the ones that are: {known}"
    return bad_record(where, what, "unsupported_format")
