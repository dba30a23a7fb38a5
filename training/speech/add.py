"""Give a pack a transcriber, or another one."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from training.packs.seal import reseal
from training.speech.write import MODEL
from triptych.packs.pack import Pack
from triptych.packs.staging import staged
from triptych.packs.verify import verify

Write = Callable[[Path, Pack], None]


def add_transcriber(folder: Path, write: Write, requires: Sequence[str]) -> Pack:
    """Return the pack in *folder* with the transcriber that *write* makes; a former one goes.

    Args:
        folder: of a pack; it is left as it is when anything fails.
        write: writes the model's folder for a pack of that name and version.
        requires: packages that the transcriber needs.

    Raises:
        PackError: the pack is not sound.
        TrainingError: see *write*.
    """
    pack = verify(folder)
    with staged(folder) as staging:
        shutil.copytree(folder, staging, dirs_exist_ok=True)
        shutil.rmtree(staging / MODEL, ignore_errors=True)
        write(staging / MODEL, pack)
        return reseal(staging, requires)
