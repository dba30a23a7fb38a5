"""`triptych captions`: gives a pack a model that puts pictures into words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, err, fail, out
from triptych.cli.pack import Packs, store_of
from triptych.cli.suite import State, suite_settings

if TYPE_CHECKING:
    from training.packs.add import Write
    from triptych.packs.pack import Pack


def captions(
    to: Annotated[str, typer.Option(help="NAME, NAME-VERSION, or the folder of a pack.")],
    data: Annotated[
        Path | None,
        typer.Argument(help="Learn from its pictures and texts: a manifest or folder, as for train."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Describe by the captioning model of transformers in this folder.")
    ] = None,
    language: Annotated[str, typer.Option(help="With --model: the language it writes, such as en.")] = "en",
    steps: Annotated[int, typer.Option(min=1, help="With DATA: how many batches are learned from.")] = 1200,
    seed: Annotated[int, typer.Option(min=0, help="With DATA: the same seed gives the same model.")] = 7,
    skip_bad: Annotated[bool, typer.Option(help="Leave bad records out instead of stopping.")] = False,
    packs: Packs = None,
    state: State = None,
) -> None:
    """Give a pack a model that describes pictures: trained on a catalogue's own texts, or brought along."""
    if (data is None) == (model is None):
        raise fail("say what to describe by: DATA or --model", EXIT_BAD_INPUT)
    # torch takes seconds to import: only this command pays for it.
    from training.describe.write import MODEL, REQUIRES
    from training.errors import TrainingError
    from training.packs.add import add_model
    from triptych.packs.pack import PackError
    from triptych.packs.verify import verify

    try:
        pack = verify(store_of(suite_settings(state, packs=packs)).find(to))
        if model:
            write, requires = _of_model(model, language), REQUIRES["captioner"]
        else:
            assert data is not None
            write = _of_data(data, pack, steps=steps, seed=seed, skip_bad=skip_bad)
            requires = REQUIRES["catalogue"]
        add_model(pack.folder, MODEL, write, requires)
    except (PackError, TrainingError) as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except OSError as error:
        raise fail(f"{error.filename or to}: {error.strerror or error}", EXIT_BAD_INPUT) from error
    out.print(f"{pack.id} describes now; serve it with `triptych pack use`")


def _of_model(folder: Path, language: str) -> "Write":
    from training.describe.write import write_captioner
    from training.networks.captioner import Captioner

    captioner = Captioner.from_folder(folder)
    return lambda place, pack: write_captioner(
        place, captioner, pack=pack.name, version=pack.version, languages=language
    )


def _of_data(data: Path, pack: "Pack", *, steps: int, seed: int, skip_bad: bool) -> "Write":
    from dataclasses import replace

    from training.data.records import DatasetError, read_dataset
    from training.describe.own import describe_own
    from training.describe.train import DescriberRecipe
    from training.describe.write import write_describer

    try:
        dataset = read_dataset(data, skip_bad=skip_bad, for_training=False)
    except DatasetError as error:
        err.print(error.report.table())
        raise
    recipe = DescriberRecipe(seed=seed)
    made = describe_own(
        dataset.records, pack, replace(recipe, schedule=replace(recipe.schedule, steps=steps))
    )
    out.print(f"perplexity of records kept aside: {made.perplexity:.2f}")
    for each in made.examples:
        out.print(f"{each.id}: {each.said!r}, where the text is {each.text!r}")
    return lambda place, pack: write_describer(
        place, made.describer, made.tokeniser, made.image, pack=pack.name, version=pack.version,
        languages=",".join(pack.languages) or "en",
    )  # fmt: skip
