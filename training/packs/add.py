"""Give a pack one more model, or another one in place of what it has."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from training.packs.seal import reseal
from triptych.packs.pack import Pack
from triptych.packs.staging import staged
from triptych.packs.verify import verify

Write = Callable[[Path, Pack], None]


def add_model(folder: Path, model: str, write: Write, requires: Sequence[str]) -> Pack:
    """Return the pack in *folder* with the model that *write* makes; a former one of that name goes.

    Args:
        folder: of a pack; it is left as it is when anything fails.
        model: the name of its folder, such as "transcriber".
        write: writes the model's folder for a pack of that name and version.
        requires: packages that the model needs.

    Raises:
        PackError: the pack is not sound.
        TrainingError: see *write*.
    """
    pack = verify(folder)
    with staged(folder) as staging:
        shutil.copytree(folder, staging, dirs_exist_ok=True)
        shutil.rmtree(staging / model, ignore_errors=True)
        write(staging / model, pack)
        return reseal(staging, requires, renewed=(model,))
