"""`triptych train`: a shop's data to a pack of its own."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, err, fail, out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.contrastive.fusion_table import FusionRow
    from training.contrastive.train_pack import Trained

# What spaces are named by: "shop-1/text".
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")


def train(
    data: Annotated[
        Path,
        typer.Argument(help="A manifest (.jsonl), or a folder in the layout train/{texts,images,audio}."),
    ],
    to: Annotated[Path, typer.Option(help="Folder of the pack; work files go to FOLDER.training beside it.")],
    recipe: Annotated[
        Path | None, typer.Option(help="TOML file; default: a recipe that fits the data's shape.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the recipe's seed.")] = None,
    resume: Annotated[
        bool, typer.Option(help="Go on from the last checkpoint; the end is the same as without a stop.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="Name of the pack; default: the folder's.")] = None,
    version: Annotated[str, typer.Option(help="Version of the pack.")] = "1",
    licence: Annotated[str, typer.Option(help="Licence of the pack, such as Apache-2.0.")] = "proprietary",
    language: Annotated[
        list[str] | None, typer.Option(help="Language of the texts, such as en; may be repeated.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option(help="Leave bad records out instead of stopping.")] = False,
) -> None:
    """Train encoders and fusion on a shop's own texts, pictures and sounds, and write them as a pack."""
    # torch takes seconds to import: only this command pays for it.
    from training.contrastive.entry import train_from_files
    from training.contrastive.gather import is_first_process
    from training.contrastive.train_pack import PackFacts
    from training.errors import TrainingError

    pack = name or to.resolve().name
    if not _NAME.fullmatch(pack):
        raise fail(
            f"--name: {pack!r} is no name of a pack: lower-case letters, digits, '.', '_' and '-'",
            EXIT_BAD_INPUT,
        )
    facts = PackFacts(pack, version, licence, tuple(language or ()))
    try:
        trained = train_from_files(
            data, to, facts, recipe=recipe, seed=seed, resume=resume, skip_bad=skip_bad, show=err.print
        )
    except TrainingError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except OSError as error:
        raise fail(f"{error.filename or to}: {error.strerror or error}", EXIT_BAD_INPUT) from error
    # Of several processes one speaks.
    if is_first_process():
        _show(trained, to)


def _show(trained: "Trained", folder: Path) -> None:
    for label, value in trained.figures.items():
        out.print(f"{label:28} {value:.3f}")
    if trained.table:
        out.print(_table(trained.table))
    out.print(f"pack: {folder}", soft_wrap=True)


def _table(rows: "Sequence[FusionRow]") -> object:
    from training.contrastive.fusion_table import as_table

    return as_table(rows)
