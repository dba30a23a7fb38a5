import pytest

from training.attributes import codes, targets
from training.data.mixtures import IMAGE, Bank, MixtureSampler
from training.data.texts import TextSampler, attributes_of, combinations
from training.demo.items import items

TRAIN = [item for item in items() if item.split == "train"]
KNOWN = combinations(TRAIN, "train")


@pytest.fixture(scope="module")
def mixtures():
    """Return mixtures of ideal vectors."""
    said = codes([one.attributes for one in TextSampler(KNOWN, 3).draw(3000)])
    shown = codes([attributes_of(item) for item in TRAIN])
    text, image = Bank(targets(said), said), Bank(targets(shown), shown)
    return MixtureSampler([text, image, text, image], seed=4).draw(600)


def test_every_mixture_has_a_part_and_a_positive_one(mixtures):
    """No mixture is empty or only "not like this"."""
    assert bool((mixtures.weights > 0).any(dim=1).all())


def test_kinds_of_mixtures_are_all_there(mixtures):
    """There are single parts, several parts, negative ones, and all modalities."""
    counts = (mixtures.weights != 0).sum(1)
    assert {1, 2, 3} <= set(counts.tolist())
    assert bool((mixtures.weights < 0).any())
    assert {0, 1, 2, 3} == set(mixtures.modalities[mixtures.weights != 0].tolist())


def test_changed_pictures_mean_training_combinations(mixtures):
    """A picture and words that contradict it are together a combination of the training split."""
    known = {tuple(code) for code in codes(KNOWN).tolist()}
    for weights, modalities, coded in zip(mixtures.weights, mixtures.modalities, mixtures.codes, strict=True):
        pictured = [at for at in range(len(weights)) if weights[at] != 0 and modalities[at] == IMAGE]
        if len(pictured) != 1 or bool((weights < 0).any()):
            continue
        meant = coded[pictured[0]].clone()
        for at in range(len(weights)):
            said = (coded[at] >= 0) & (modalities[at] != 1) & (weights[at] > 0)
            meant[said] = coded[at][said]
        assert tuple(meant.tolist()) in known
