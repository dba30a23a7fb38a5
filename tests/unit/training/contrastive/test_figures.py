import pytest
import torch

from training.contrastive.corpus import make_corpus
from training.contrastive.figures import dev_figures, ranks_of_right
from training.contrastive.mining import nearest_wrong
from training.contrastive.train_pack import make_sources, make_space
from training.data.split import Shares


@pytest.fixture(scope="module")
def corpus(dataset):
    """Return the shapes as a corpus."""
    return make_corpus(dataset, modalities=("text", "image"), by_label=True, shares=Shares(), seed=0)


@pytest.fixture
def space(recipe, corpus):
    """Return an untrained space."""
    torch.manual_seed(0)
    return make_space(recipe(), corpus)


def test_ranks_count_wrong_candidates_before_the_best_right_one():
    """Other right answers do not push one down, ties count against it, unanswerable queries are left out."""
    similarities = torch.tensor([[0.9, 0.8, 0.7], [0.5, 0.5, 0.1], [0.1, 0.2, 0.3]])
    right = torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 0]]).bool()
    assert [2, 2] == ranks_of_right(similarities, right).tolist()


def test_figures_of_vectors_that_say_everything_are_one(space, corpus, recipe, tmp_path, monkeypatch):
    """With one direction a label, everything is found; with one direction for all, hardly anything."""
    sources = make_sources(space, recipe(), corpus, tmp_path)

    def perfect(_space, corpus, _sources, rows, modality):
        kept = rows[corpus.present[modality][rows]]
        return torch.eye(16)[torch.from_numpy(corpus.labels[kept])]

    monkeypatch.setattr("training.contrastive.figures.embed_rows", perfect)
    assert {1.0} == set(dev_figures(space, corpus, sources).values())
    monkeypatch.setattr(
        "training.contrastive.figures.embed_rows", lambda *arguments: perfect(*arguments) * 0 + 0.25
    )
    assert dev_figures(space, corpus, sources)["score"] < 0.2


def test_nearest_wrong_are_near_and_wrong(space, corpus, recipe, tmp_path):
    """No companion has the label of the record; the first is the most similar one that has not."""
    sources = make_sources(space, recipe(), corpus, tmp_path)
    nearest = nearest_wrong(space, corpus, sources, 5)
    groups = corpus.groups[corpus.train]
    assert (len(corpus.train), 5) == nearest.shape
    assert (groups[nearest] != groups[:, None]).all()
