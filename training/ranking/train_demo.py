"""Train the ranking networks of the demonstration pack and put them into it.

    python -m training.ranking.train_demo [--pack triton/model_repository] [--folder var/train-demo] [--count 60]

They learn from queries for products of the train part; what they do to the order is shown on the dev part.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from training.data.cache import catalogue_digest
from training.packs.seal import reseal
from training.ranking.demo import FEATURES, Found, found, precision_by, ranking_of, shipped_pack
from training.ranking.fit import fit
from training.ranking.lists import lists_of
from training.ranking.network import RankingNetwork
from training.ranking.recipe import LOSSES, RankingRecipe
from training.ranking.write import MODEL, write_ranker
from triptych.packs.pack import read_pack

# Tens of thousands of candidates and three features: little to overfit, so a fast rate and few members will do.
# The order of similarity is nearly right already; a low temperature, because labels are only right and wrong.
RECIPE = RankingRecipe(
    hidden=(16,),
    input_dropout=0.0,
    hidden_dropout=0.1,
    learning_rate=5e-3,
    weight_decay=0.01,
    epochs_max=12,
    patience=4,
    folds=3,
    repeats=1,
    cutoff=10,
    temperature=0.1,
    start_from=FEATURES.index("similarity_fused"),
)


def train(lists: Sequence[Found], recipe: RankingRecipe = RECIPE) -> dict[str, RankingNetwork]:
    """Return a network for each loss."""
    ranking = ranking_of(lists)
    rows = lists_of(ranking.features, ranking.labels, ranking.queries)
    return {loss: fit(rows, replace(recipe, loss=loss)).network for loss in LOSSES}


@torch.inference_mode()
def figures(lists: Sequence[Found], networks: Mapping[str, RankingNetwork]) -> dict[str, dict[str, float]]:
    """Return the mean precision of each kind of query: as found, and as each network orders it."""
    table = {}
    for each in lists:
        orders = {"as found": each.features[..., 0]} | {
            loss: network(each.features.flatten(0, 1)).unflatten(0, each.right.shape)
            for loss, network in networks.items()
        }
        table[each.kind] = {
            name: round(float(precision_by(scores, each).mean()), 4) for name, scores in orders.items()
        }
    return table


def main() -> None:
    """Train, show, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pack", type=Path, default=Path("triton/model_repository"))
    parser.add_argument(
        "--folder", type=Path, default=Path("var/train-demo"), help="keeps pictures and speech"
    )
    parser.add_argument("--count", type=int, default=60, help="queries per kind")
    arguments = parser.parse_args()
    facts, networks_of = read_pack(arguments.pack), shipped_pack(arguments.pack)
    cache, workers = arguments.folder / catalogue_digest(), os.cpu_count() or 1
    networks = train(list(found(networks_of, "train", arguments.count, cache, workers)))
    print(
        json.dumps(
            figures(list(found(networks_of, "dev", arguments.count, cache, workers)), networks), indent=1
        )
    )
    write_ranker(arguments.pack / MODEL, networks, FEATURES, pack=facts.name, version=facts.version)
    reseal(arguments.pack)


if __name__ == "__main__":
    main()
