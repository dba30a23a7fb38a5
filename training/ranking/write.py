"""Write trained ranking networks as the Triton model "ranker" of a pack."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from training.errors import TrainingError
from training.files import whole
from training.ranking.network import RankingNetwork
from training.triton_config import VERSION_FOLDER, ModelConfig, Tensor, write_model

MODEL = "ranker"
WEIGHTS_FILE = "model.safetensors"
# Names and numbers of the public API's RankingStrategy that go by each loss.
STRATEGIES = {"ranknet": ("ranknet", 3), "listnet": ("listnet", 4), "lambdarank": ("learned", 5)}
# As many as one request to the ranker may hold, so that it is one request to Triton.
ROWS_MAX = 1000


def write_ranker(
    folder: Path,
    networks: Mapping[str, RankingNetwork],
    features: Sequence[str],
    *,
    pack: str,
    version: str,
) -> None:
    """Write the model's folder.

    Args:
        folder: where to; "PACK/ranker".
        networks: by loss; one or more, all of the same features.
        features: the names of the features, in their order.
        pack: name of the pack that it belongs to.
        version: of that pack.

    Raises:
        TrainingError: the names do not fit the networks, or a file cannot be written.
    """
    check_names(features)
    for loss, network in networks.items():
        wanted = len(network.scaling.median)
        if wanted != len(features):
            raise TrainingError(f"{len(features)} features are named; the network {loss} has {wanted}")
    write_model(folder, ranker_config(list(networks), features, pack=pack, version=version))
    tensors = {
        f"{loss}.{name}": value.float().contiguous()
        for loss, network in networks.items()
        for name, value in network.state_dict().items()
    }
    with whole(folder / VERSION_FOLDER / WEIGHTS_FILE) as partial:
        save_file(tensors, partial)


def check_names(features: Sequence[str]) -> None:
    """Check that names can stand in a comma-separated list, each once.

    Raises:
        TrainingError: one cannot; the message names it.
    """
    for name in features:
        if not name or "," in name or name.strip() != name:
            raise TrainingError(f"{name!r} is no name of a feature: no comma, nor blanks around it")
        if list(features).count(name) > 1:
            raise TrainingError(f"the feature {name!r} is named twice")


def ranker_config(losses: Sequence[str], features: Sequence[str], *, pack: str, version: str) -> ModelConfig:
    """Return the configuration of the model."""
    strategies = [STRATEGIES[loss] for loss in losses]
    return ModelConfig(
        name=MODEL,
        serving=MODEL,
        purpose="features of candidates to scores",
        inputs=(
            Tensor("FEATURES", "FP32", (len(features),)),
            Tensor("STRATEGY", "INT32", (1,), np.array([strategies[0][1]], np.int32)),
        ),
        outputs=(Tensor("SCORE", "FP32", (1,)),),
        parameters={
            "pack": pack,
            "version": version,
            "features": ",".join(features),
            "strategies": ",".join(f"{name}={number}" for name, number in strategies),
        },
        batch_max=ROWS_MAX,
    )
