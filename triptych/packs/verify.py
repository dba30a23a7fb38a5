"""Whether a pack is what it says: every file, every model, every package that it needs."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from triptych.packs.code import check_code
from triptych.packs.configs import check_model
from triptych.packs.files import checksums_of
from triptych.packs.pack import ENCODERS, Pack, PackError, read_pack

_NAMED_MAX = 3


def verify(folder: Path) -> Pack:
    """Return the pack in *folder* when it is sound.

    Raises:
        PackError: it is not; the first reason found.
    """
    pack = read_pack(folder)
    _check_modalities(pack)
    _check_requirements(pack)
    _check_checksums(pack, checksums_of(folder))
    _check_folders(pack)
    for model in pack.models:
        check_model(pack, model)
    check_code(folder)
    return pack


def _check_modalities(pack: Pack) -> None:
    encoded = {modality for modality, model in ENCODERS.items() if model in pack.models}
    if not encoded:
        raise PackError(f"pack {pack.id} has no encoder, so that nothing can be found with it")
    if encoded != set(pack.modalities):
        raise PackError(
            f"pack {pack.id} claims to encode {_list(pack.modalities)}, but has encoders of {_list(encoded)}"
        )


def _check_requirements(pack: Pack) -> None:
    missing = [name for name in pack.requires if not _is_installed(name)]
    if missing:
        raise PackError(
            f"pack {pack.id} needs packages that are not installed: pip install {' '.join(missing)}"
        )


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except (PackageNotFoundError, ValueError):  # ValueError: an empty name
        return False
    return True


def _check_checksums(pack: Pack, actual: Mapping[str, str]) -> None:
    complaints = {
        "lacks": pack.checksums.keys() - actual.keys(),
        "has files that pack.json does not know:": actual.keys() - pack.checksums.keys(),
        "has files that are not those it was sealed with (their checksums differ):": {
            path
            for path, digest in actual.items()
            if path in pack.checksums and pack.checksums[path] != digest
        },
    }
    for what, paths in complaints.items():
        if paths:
            raise PackError(f"pack {pack.id} {what} {_list(paths)}")


def _check_folders(pack: Pack) -> None:
    found = {path.parent.name for path in pack.folder.glob("*/config.pbtxt")}
    if found != pack.models.keys():
        raise PackError(
            f"pack {pack.id} names the models {_list(pack.models)}, but its folders are {_list(found)}"
        )


def _list(names: Mapping[str, object] | tuple[str, ...] | set[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _NAMED_MAX} more" if len(ordered) > _NAMED_MAX else ""
    return (", ".join(ordered[:_NAMED_MAX]) or "nothing") + more
