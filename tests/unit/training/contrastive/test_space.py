import numpy as np
import pytest
import torch

from training.contrastive.batch import make_batch
from training.contrastive.corpus import make_corpus
from training.contrastive.space import SCALE_MAX, Embedded
from training.contrastive.train_pack import make_sources, make_space
from training.data.split import Shares
from training.losses.info_nce import info_nce


@pytest.fixture
def corpus(dataset):
    """Return the shapes as a corpus."""
    return make_corpus(dataset, modalities=("text", "image"), by_label=True, shares=Shares(), seed=0)


def _space(recipe, corpus, **loss):
    torch.manual_seed(0)
    return make_space(recipe(loss=loss), corpus)


def _embedded(*, text_present):
    generator = torch.Generator().manual_seed(0)
    vectors = {
        name: torch.nn.functional.normalize(torch.randn(4, 16, generator=generator), dim=-1)
        for name in ("text", "image")
    }
    present = {"text": torch.tensor(text_present), "image": torch.ones(4, dtype=torch.bool)}
    return Embedded(vectors, present, torch.tensor([0, 1, 1, 2]), torch.tensor([0, 1, 1, 2]))


def test_absent_modalities_do_not_count(recipe, corpus):
    """Whatever stands in the place of an absent text changes neither loss nor gradient."""
    space = _space(recipe, corpus)
    embedded = _embedded(text_present=[True, False, True, True])
    before, _ = space.loss(embedded)
    embedded.vectors["text"][1] = torch.nn.functional.normalize(torch.ones(16), dim=0)
    after, _ = space.loss(embedded)
    torch.testing.assert_close(after, before)


def test_the_loss_is_over_pairs_that_are_present(recipe, corpus):
    """The loss is InfoNCE between the texts and pictures that are there; equal groups belong together."""
    space = _space(recipe, corpus)
    embedded = _embedded(text_present=[True, False, True, True])
    texts = embedded.vectors["text"][[0, 2, 3]]
    right = torch.tensor([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]).bool()
    expected = info_nce(texts @ embedded.vectors["image"].T, right, 0.07)
    torch.testing.assert_close(space.loss(embedded)[0], expected)


def test_a_batch_of_one_modality_costs_nothing_and_breaks_nothing(recipe, corpus):
    """Without any text there is no pair: the loss is 0 and has a gradient of zeros."""
    space = _space(recipe, corpus)
    embedded = _embedded(text_present=[False] * 4)
    embedded.vectors["image"].requires_grad_()
    loss, _ = space.loss(embedded)
    loss.backward()
    assert 0 == loss.item()
    assert 0 == embedded.vectors["image"].grad.abs().sum()


def test_within_a_modality_a_vector_is_no_answer_to_itself(recipe, corpus):
    """With loss.within the same label pulls vectors of one modality together, and no vector to itself."""
    space = _space(recipe, corpus, within=True)
    embedded = _embedded(text_present=[False] * 4)
    pictures = embedded.vectors["image"]
    groups = embedded.groups
    others = ~torch.eye(4).bool()
    expected = info_nce(pictures @ pictures.T, groups[:, None] == groups[None], 0.07, 0.0, others)
    torch.testing.assert_close(space.loss(embedded)[0], expected)


@pytest.mark.parametrize("kind", ["info_nce", "sigmoid"])
def test_the_temperature_is_learned_and_clamped(recipe, corpus, kind):
    """The scale has a gradient, and never exceeds 100 after a step."""
    space = _space(recipe, corpus, kind=kind)
    space.loss(_embedded(text_present=[True] * 4))[0].backward()
    assert space.log_scale.grad.abs() > 0
    with torch.no_grad():
        space.log_scale.fill_(99.0)
    space.clamp()
    assert pytest.approx(SCALE_MAX, rel=1e-5) == space.scale().item()


def test_prototypes_learn_labels(recipe, corpus):
    """With a prototype weight, each label has a prototype and its records are pulled to it."""
    space = _space(recipe, corpus, prototype_weight=1.0, contrastive_weight=0.0)
    assert (12, 16) == space.prototypes.shape
    _, terms = space.loss(_embedded(text_present=[True] * 4))
    assert {"prototype", "scale"} == set(terms)


def test_only_what_is_present_is_encoded(recipe, corpus, tmp_path):
    """A batch's parts list the records that have the modality, and their vectors land in these rows."""
    space = _space(recipe, corpus).eval()
    sources = make_sources(space, recipe(), corpus, tmp_path)
    batch = make_batch(corpus, sources, np.array([5, 6, 7]), None)
    assert [0, 2] == batch.parts["text"].places.tolist()
    embedded = space.embed(batch)
    assert [True, False, True] == embedded.present["text"].tolist()
    alone = space.embed(make_batch(corpus, sources, np.array([7]), None))
    torch.testing.assert_close(embedded.vectors["text"][2], alone.vectors["text"][0])
