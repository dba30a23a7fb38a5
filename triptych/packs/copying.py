"""Copies of packs."""

import shutil
from pathlib import Path

from triptych.packs.files import files_of
from triptych.packs.pack import PACK_FILE, Pack, read_pack
from triptych.packs.staging import staged
from triptych.packs.verify import verify


def copy_pack(folder: Path, target: Path) -> Pack:
    """Copy the sound pack in *folder* to *target*, which appears whole or not at all.

    Raises:
        PackError: the pack is not sound.
        OSError: the copy cannot be written.
    """
    verify(folder)
    with staged(target) as staging:
        for path in (*files_of(folder), folder / PACK_FILE):
            place = staging / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        verify(staging)
    return read_pack(target)
