"""From ranking data in a file to networks in a pack: what `triptych train-ranker` runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from training.data.letor import read_letor
from training.data.ranking import Ranking
from training.errors import TrainingError
from training.packs.seal import reseal
from training.ranking.fit import Fitted, fit
from training.ranking.lists import lists_of
from training.ranking.recipe import LOSSES, RankingRecipe
from training.ranking.write import MODEL, check_names, write_ranker
from triptych.packs.pack import PACK_FILE, PackError, read_pack

Show = Callable[[str], None]


def train_ranker(
    data: Path,
    pack: Path,
    *,
    query_sizes: Path | None = None,
    features: Sequence[str] = (),
    losses: Sequence[str] = LOSSES,
    recipe: RankingRecipe | None = None,
    show: Show = lambda _: None,
) -> dict[str, float]:
    """Train a network with each loss and put them into a pack, in place of those that it has.

    Args:
        data: candidates in LETOR's form; a feature that a line leaves out is unknown.
        pack: folder of a pack.
        query_sizes: LightGBM's file of query sizes, where lines have no qid.
        features: their names in the order of their numbers, such as "similarity_text"; () names them f1, f2 ….
        losses: which networks.
        recipe: how; its loss is replaced by each of *losses*.
        show: is told of each network as it is ready.

    Returns:
        The cross-validated NDCG of each network, by its loss.

    Raises:
        TrainingError: the data, the names or the pack cannot be used; the message says which and why.
    """
    facts = _pack_of(pack)
    ranking = read_letor(data, query_sizes, missing=float("nan"))
    names = _names(features, ranking, data)
    recipe = recipe or RankingRecipe()
    fitted: dict[str, Fitted] = {}
    for loss in losses:
        fitted[loss] = fit(
            lists_of(ranking.features, ranking.labels, ranking.queries), replace(recipe, loss=loss)
        )
        show(f"{loss}: NDCG@{recipe.cutoff} {fitted[loss].ndcg:.3f} after {fitted[loss].epochs} epochs")
    networks = {loss: each.network for loss, each in fitted.items()}
    write_ranker(pack / MODEL, networks, names, pack=facts[0], version=facts[1])
    reseal(pack)
    return {loss: each.ndcg for loss, each in fitted.items()}


def _pack_of(folder: Path) -> tuple[str, str]:
    """Return name and version of the pack, before any time is spent on training."""
    if not (folder / PACK_FILE).exists():
        raise TrainingError(f"{folder} is no pack: it has no {PACK_FILE}")
    try:
        pack = read_pack(folder)
    except PackError as error:
        raise TrainingError(str(error)) from error
    return pack.name, pack.version


def _names(given: Sequence[str], ranking: Ranking, data: Path) -> list[str]:
    """Return the features' names, one each."""
    count = ranking.features.shape[1]
    if given and len(given) != count:
        raise TrainingError(f"{data} has {count} features; {len(given)} are named")
    names = list(given) or [f"f{number}" for number in range(1, count + 1)]
    check_names(names)
    return names
