"""`triptych train-ranker`: judged search results to the ranking networks of a pack."""

from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, fail, out

LOSSES = ("lambdarank", "ranknet", "listnet")


def train_ranker(
    data: Annotated[
        Path,
        typer.Argument(help="Candidates in LETOR's form: label, qid:query, number:value of each feature."),
    ],
    to: Annotated[Path, typer.Option(help="Folder of the pack; its networks are replaced.")],
    features: Annotated[
        str,
        typer.Option(help="Names of the features in the order of their numbers: similarity_text,log_price"),
    ] = "",
    query: Annotated[
        Path | None, typer.Option(help="Number of lines of each query, where lines have no qid.")
    ] = None,
    loss: Annotated[
        list[str] | None, typer.Option(help="lambdarank, ranknet or listnet; may be repeated; default: all.")
    ] = None,
    cutoff: Annotated[int, typer.Option(min=1, help="NDCG at this cutoff decides when to stop.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="The same data and seed give the same networks.")] = 0,
) -> None:
    """Train ranking networks on judged search results, and put them into a pack."""
    # torch takes seconds to import: only this command pays for it.
    from training.errors import TrainingError
    from training.ranking.entry import train_ranker as train
    from training.ranking.recipe import RankingRecipe

    names = [name.strip() for name in features.split(",")] if features else []
    try:
        train(
            data, to, query_sizes=query, features=names, losses=loss or LOSSES,
            recipe=RankingRecipe(cutoff=cutoff, seed=seed), show=_show,
        )  # fmt: skip
    except TrainingError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    out.print(f"pack: {to}", soft_wrap=True)


def _show(line: str) -> None:
    out.print(line)
