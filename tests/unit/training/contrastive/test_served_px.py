"""Pictures of another size for the finished encoder than for the one that learns."""

import dataclasses

import numpy as np
import pytest
import torch

from training.contrastive.folders import RunFolder
from training.contrastive.train_pack import train
from training.errors import TrainingError

CPU = torch.device("cpu")


def _served(recipe, side, modality="image"):
    own = dataclasses.replace(recipe.encoders()[modality], served_px=side)
    return dataclasses.replace(recipe, **{modality: own})


def test_the_finished_encoder_takes_them(dataset, recipe, tmp_path):
    """Weights are those learned at the smaller size; a finished run is gone on from, and only its end is done again."""
    first = train(dataset, recipe(), RunFolder(tmp_path), CPU)
    again = train(dataset, _served(recipe(), 40), RunFolder(tmp_path), CPU, resume=True)

    small, large = first.encoders["image"], again.encoders["image"]
    assert ("24", "40") == (small.facts()["height"], large.facts()["height"])
    assert 40 == large.options()["width"]
    for one, other in zip(small.parameters(), large.parameters(), strict=True):
        assert torch.equal(one, other)
    pictures = torch.from_numpy(np.full((2, 40, 40, 3), 200, np.uint8))
    assert (2, large.dimension) == large.encode(pictures).shape


def test_only_pictures_have_a_size(dataset, recipe, tmp_path):
    """Asked of another modality it is an error, not silence."""
    with pytest.raises(TrainingError, match="cannot take pictures"):
        train(dataset, _served(recipe(), 40, "text"), RunFolder(tmp_path), CPU)
