"""Which pack the local suite serves: the one that was chosen, unless a setting names another for this time.

Triton is started on a link in the suite's folder, so that another pack takes one restart of Triton and of nothing else.
"""

import os
import shutil
from pathlib import Path

from triptych.local.settings import SuiteSettings
from triptych.packs.pack import PackError
from triptych.packs.verify import verify

CHOSEN = "chosen-pack"
SERVED = "served-pack"


def link_of(settings: SuiteSettings) -> Path:
    """Return the link that Triton is started on."""
    return settings.folder / SERVED


def is_forced(settings: SuiteSettings) -> bool:
    """Return whether TRIPTYCH_MODEL_REPOSITORY, or an option, names the models."""
    return "model_repository" in settings.model_fields_set


def pack_to_serve(settings: SuiteSettings) -> Path:
    """Return the folder of the pack that a start would serve."""
    chosen = settings.folder / CHOSEN
    if is_forced(settings) or not chosen.is_symlink():
        return settings.model_repository.resolve()
    return chosen.resolve()


def served_pack(settings: SuiteSettings) -> Path | None:
    """Return the folder of the pack that Triton was last started on; None before the first start."""
    link = link_of(settings)
    return link.resolve() if link.is_symlink() else None


def remember(settings: SuiteSettings, folder: Path) -> None:
    """Serve the pack in *folder* from the next start on."""
    _link(settings.folder / CHOSEN, folder.resolve())


def serve(settings: SuiteSettings, folder: Path) -> None:
    """Let the next Triton serve the pack in *folder*.

    Raises:
        PackError: it is not sound.
    """
    link_to(link_of(settings), folder)


def link_to(link: Path, folder: Path) -> None:
    """Let *link*, on which a Triton is started, lead to the pack in *folder*.

    Raises:
        PackError: it is not sound.
    """
    verify(folder)
    _remove_compiled(folder)
    _link(link, folder.resolve())


def _remove_compiled(folder: Path) -> None:
    """Remove compiled code: Python would run it instead of the source that was verified."""
    for cache in [*folder.rglob("__pycache__")]:
        shutil.rmtree(cache, ignore_errors=True)
        if cache.exists():
            raise PackError(f"{cache} holds compiled code and cannot be removed")


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    partial = link.with_name(f".{link.name}.{os.getpid()}")
    partial.symlink_to(target)
    partial.replace(link)
