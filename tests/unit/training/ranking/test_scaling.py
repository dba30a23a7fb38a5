"""What the network does to raw features."""

import math

import numpy as np
import torch

from training.ranking.scaling import CLIP, FeatureScaling

NAN = math.nan


def scaled(rows):
    """Scale rows by what is learned from them."""
    rows = torch.tensor(rows)
    scaling = FeatureScaling(rows.shape[1])
    scaling.fit(rows)
    return scaling, scaling(rows)


def test_standardised():
    """Values of a feature get mean 0 and deviation 1, whatever their size; nothing is unknown, so no mark is."""
    prices = np.exp(np.random.default_rng(0).normal(5, 0.5, 500)).astype(np.float32)

    _, inputs = scaled(prices[:, None].tolist())

    assert abs(inputs[:, 0].mean()) < 0.02
    assert 0.97 < inputs[:, 0].std() < 1.01
    assert not inputs[:, 1].any()


def test_unknown_is_the_mean_and_marked():
    """An unknown value becomes 0, which is the mean, and its mark differs from that of known ones."""
    _, inputs = scaled([[1.0], [2.0], [3.0], [NAN]])

    assert 0 == inputs[3, 0] == inputs[:3, 0].sum().round(decimals=5)
    assert inputs[3, 1] > 0 > inputs[0, 1]
    assert inputs[0, 1] == inputs[1, 1] == inputs[2, 1]


def test_features_that_tell_nothing():
    """One that is always the same, or never known, becomes 0 and stays finite."""
    _, inputs = scaled([[7.0, NAN, 1.0], [7.0, NAN, 2.0]])

    assert not inputs[:, [0, 1, 3, 4, 5]].any()
    assert inputs.isfinite().all()


def test_far_values_are_clipped():
    """A value a million times larger than all that were seen counts as a large one."""
    scaling, _ = scaled([[1.0], [2.0], [3.0]])

    far = scaling(torch.tensor([[1e9], [-1e9]]))

    assert [CLIP, -CLIP] == far[:, 0].tolist()


def test_belongs_to_the_state():
    """Every number that was learned is in the state dict, so that a saved network scales alike."""
    scaling, inputs = scaled([[1.0, NAN], [2.0, 5.0], [9.0, 6.0]])
    other = FeatureScaling(2)
    other.load_state_dict(scaling.state_dict())

    expected = other(torch.tensor([[1.0, NAN], [2.0, 5.0], [9.0, 6.0]]))
    assert torch.equal(expected, inputs)
