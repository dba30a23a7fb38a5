"""Seals a folder of models as a pack: writes its model card and, last, its pack.json with every checksum.

python -m training.packs.seal triton/model_repository    # after a model file of a pack was changed on purpose
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.files import write_whole
from training.packs.card import CHECKSUMS_HEAD, card, checksum_lines
from training.packs.parameters import parameters_in
from triptych.packs.configs import read_config
from triptych.packs.files import checksums_of
from triptych.packs.pack import CARD_FILE, ENCODERS, FORMAT, PACK_FILE, ModelEntry, Pack, read_pack
from triptych.packs.verify import verify


@dataclass(frozen=True)
class Facts:
    """What of a pack cannot be read off its files.

    Args:
        name, version: name its spaces: "shop-1/text".
        licence: an SPDX expression, or words.
        languages: such as "en".
        models: kind and number of parameters of each, by the name of its folder.
        requires: packages that the models import.
        figures: how good it is, the most telling figure first.
        recipe: what it was made from and how: JSON.
        about: sentences for the card: what it is, what it was trained on.
        limits: what it cannot do, a sentence each.
    """

    name: str
    version: str
    licence: str
    languages: tuple[str, ...]
    models: dict[str, ModelEntry]
    requires: tuple[str, ...] = ("torch", "safetensors")
    figures: dict[str, float] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    about: str = ""
    limits: tuple[str, ...] = ()


def seal(folder: Path, facts: Facts, *, card_text: str | None = None) -> Pack:
    """Write MODEL_CARD.md (made from *facts*, or *card_text*) and pack.json into *folder*; return the verified pack.

    Raises:
        PackError: what lies in the folder does not make a sound pack.
    """
    checksums = _made(folder)
    text = (
        card_text
        if card_text is not None
        else card(_pack(folder, facts, checksums), facts.about, facts.limits)
    )
    write_whole(folder / CARD_FILE, text.encode())
    _write_facts(folder, _pack(folder, facts, checksums_of(folder)))
    return verify(folder)


def reseal(folder: Path, requires: Sequence[str] = (), renewed: Sequence[str] = ()) -> Pack:
    """Write the checksums of now into pack.json and the card of *folder*; everything else stays as they say.

    Models that were added or *renewed* are taken in, and the packages that they need by *requires*; the card's words
    about them are for a person to write.
    """
    pack = read_pack(folder)
    kept = {name: entry for name, entry in pack.models.items() if name not in renewed}
    models = {name: kept.get(name, entry) for name, entry in models_in(folder).items()}
    path = folder / CARD_FILE
    head = path.read_text(encoding="utf-8").partition(CHECKSUMS_HEAD)[0]
    write_whole(path, f"{head}{CHECKSUMS_HEAD}\n\n{checksum_lines(_made(folder))}\n".encode())
    facts = Facts(
        name=pack.name, version=pack.version, licence=pack.licence, languages=pack.languages, models=models,
        requires=tuple(dict.fromkeys((*pack.requires, *requires))), figures=dict(pack.figures),
        recipe=dict(pack.recipe),
    )  # fmt: skip
    _write_facts(folder, _pack(folder, facts, checksums_of(folder)))
    return verify(folder)


def models_in(folder: Path) -> dict[str, ModelEntry]:
    """Return kind and size of every model in *folder*, by their own files."""
    names = sorted(path.parent.name for path in folder.glob("*/config.pbtxt"))
    return {name: ModelEntry(_kind(folder / name), parameters_in(folder / name)) for name in names}


def _kind(folder: Path) -> str:
    """Return the kind of an encoder, else the model's name."""
    path = folder / "1" / "encoder.json"
    return str(json.loads(path.read_text())["kind"]) if path.exists() else folder.name


def _made(folder: Path) -> dict[str, str]:
    """Return the checksums of all but the card itself, which lists them."""
    return {path: digest for path, digest in checksums_of(folder).items() if path != CARD_FILE}


def dimension_of(folder: Path) -> int:
    """Return the numbers per vector of the first encoder in *folder*."""
    model = next(model for model in ENCODERS.values() if (folder / model).is_dir())
    return int(read_config(folder / model).output[0].dims[0])


def _pack(folder: Path, facts: Facts, checksums: dict[str, str]) -> Pack:
    modalities = sorted(modality for modality, model in ENCODERS.items() if model in facts.models)
    return Pack(
        folder=folder, name=facts.name, version=facts.version, licence=facts.licence, languages=facts.languages,
        dimension=dimension_of(folder), modalities=tuple(modalities), models=facts.models,
        requires=facts.requires, figures=facts.figures, recipe=facts.recipe, checksums=checksums,
    )  # fmt: skip


def _write_facts(folder: Path, pack: Pack) -> None:
    content = {
        "format": FORMAT,
        "name": pack.name,
        "version": pack.version,
        "licence": pack.licence,
        "languages": list(pack.languages),
        "dimension": pack.dimension,
        "modalities": list(pack.modalities),
        "models": {
            name: {"kind": entry.kind, "parameters": entry.parameters} for name, entry in pack.models.items()
        },
        "requires": list(pack.requires),
        "figures": dict(pack.figures),
        "recipe": dict(pack.recipe),
        "checksums": dict(pack.checksums),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(folder / PACK_FILE, f"{text}\n".encode())


def main() -> None:
    """Seal a pack again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    pack = reseal(parser.parse_args().folder)
    print(f"{pack.id}: {len(pack.checksums)} files sealed")


if __name__ == "__main__":
    main()
