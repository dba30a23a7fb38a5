import numpy as np
import pytest
import torch

from training.contrastive.augment import augmenter
from training.contrastive.averaging import RunningMean
from training.contrastive.feed import Feed
from training.contrastive.stopping import Patience
from training.errors import TrainingError


def test_patience_counts_from_the_best():
    """Only a better figure counts; one that is no number does not."""
    patience = Patience(2)
    assert [True, True, False] == [patience.better(figure, at) for at, figure in enumerate([0.1, 0.2, 0.2])]
    assert not patience.ended
    assert not patience.better(float("nan"), 3)
    assert patience.ended
    assert (0.2, 1) == (patience.best, patience.best_step)


def test_running_mean_follows_and_gives_the_weights_back():
    """The mean lies between old and new weights; after a look through it the network has its own again."""
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(network.weight)
    mean = RunningMean(network, 0.9)
    torch.nn.init.ones_(network.weight)
    mean.update(network)
    with mean.in_place(network):
        assert pytest.approx(1 - 2 / 11) == network.weight.item()
    assert 1.0 == network.weight.item()


def test_feed_asks_for_each_step_in_order_and_forgets():
    """Batches come in the order of steps whatever thread made them; after `forget` they are made anew."""
    with Feed(lambda step: ("old", step), workers=3, steps=20) as feed:
        assert [("old", step) for step in range(5)] == [feed.at(step) for step in range(5)]
        feed.forget(lambda step: ("new", step))
        assert [("new", step) for step in range(5, 20)] == [feed.at(step) for step in range(5, 20)]


def test_feed_hands_on_what_went_wrong_in_a_thread():
    """A file that vanished while batches are made ahead ends the training with its own message."""

    def broken(step):
        raise TrainingError(f"step {step}: gone.png: No such file or directory")

    with Feed(broken, workers=1, steps=3) as feed, pytest.raises(TrainingError, match=r"step 0: gone\.png"):
        feed.at(0)


def test_augmentation_is_asked_for_by_name():
    """False: none; True: the defaults; a table: other options; the same generator changes the same."""
    picture = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    assert augmenter("image", False, {}) is None
    mirrored = augmenter("image", {"crop": 0, "colour": 0, "blur": 0, "flip": 1}, {})
    assert np.array_equal(picture[:, ::-1], mirrored(picture, np.random.default_rng(0)))
    dropped = augmenter("text", True, {})
    text = " ".join(f"word{at}" for at in range(40))
    assert dropped(text, np.random.default_rng(1)) == dropped(text, np.random.default_rng(1)) != text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flop": 1}, r"image.augment: 'flop' is unknown; there are: .*flip"),
        ({"flip": "x"}, r"image.augment.flip: "),
    ],
)
def test_wrong_augmentation_is_named(options, message):
    """A typing error in an option is answered with the options there are."""
    with pytest.raises(TrainingError, match=message):
        augmenter("image", options, {})
