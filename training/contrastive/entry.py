"""What `triptych train` does: reads data and recipe, says what is wrong with them, trains."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from training.contrastive.defaults import default_recipe
from training.contrastive.gather import is_first_process
from training.contrastive.recipe_file import read_recipe
from training.contrastive.train_pack import PackFacts, Trained, train_pack
from training.data.records import DatasetError, read_dataset
from training.reporting import say


def train_from_files(
    data: Path,
    folder: Path,
    facts: PackFacts,
    *,
    recipe: Path | None = None,
    seed: int | None = None,
    resume: bool = False,
    skip_bad: bool = False,
    show: Callable[[Table], None],
) -> Trained:
    """Train on the files at *data* and write the pack to *folder*.

    Args:
        data: a manifest or a folder.
        folder: of the pack.
        facts: of the pack.
        recipe: a TOML file; None: the default for such data.
        seed: in place of the recipe's.
        resume: go on from the last checkpoint.
        skip_bad: leave out bad records.
        show: prints the report on the data, where there is something to report.

    Raises:
        TrainingError: one sentence on what is wrong with data, recipe or training.
    """
    # The recipe first: decoding all media takes longer than finding a typing error.
    chosen = read_recipe(recipe) if recipe else None
    try:
        dataset = read_dataset(data, skip_bad=skip_bad)
    except DatasetError as error:
        if is_first_process():
            show(error.report.table())
        raise
    if dataset.report.problems and is_first_process():
        show(dataset.report.table())
    counts = dataset.counts()
    say(", ".join(f"{count} {name}" for name, count in counts.items() if isinstance(count, int)))
    chosen = chosen or default_recipe(dataset)
    if seed is not None:
        chosen = replace(chosen, seed=seed)
    return train_pack(dataset, chosen, folder, facts, resume=resume)
