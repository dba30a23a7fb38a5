import pytest
import torch

from training.contrastive import trainer as trainer_module
from training.contrastive.checkpoint import load_checkpoint
from training.contrastive.folders import RunFolder
from training.contrastive.train_pack import PackFacts, train, train_pack
from training.contrastive.trainer import Trainer
from training.errors import TrainingError
from triptych.packs.pack import read_pack

CPU = torch.device("cpu")


def _broken_from(monkeypatch, first, count):
    """Let the pictures of *count* steps from *first* on be no numbers."""
    step = Trainer._step

    def broken(self, batch):
        if first <= self.done < first + count:
            encoder = self.space.encoder("image")
            monkeypatch.setattr(encoder, "project", lambda features: features * torch.nan, raising=True)
        else:
            monkeypatch.undo()
            monkeypatch.setattr(Trainer, "_step", broken)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_step", broken)


@pytest.mark.slow
def test_training_finds_what_belongs_together(dataset, recipe, tmp_path):
    """A few dozen steps from nothing find the picture of a text on dev far better than chance."""
    chosen = recipe(
        optimiser={"steps": 60}, watch={"evaluate_every_steps": 20}, loss={"prototype_weight": 1.0}
    )
    trained = train(dataset, chosen, RunFolder(tmp_path), CPU)
    assert trained.figures["image to text mrr"] > 0.6
    assert trained.figures["text to image recall@1"] > 0.5


def test_a_few_bad_steps_are_passed_over(dataset, recipe, tmp_path, monkeypatch, capsys):
    """A step whose loss is no number changes nothing and is counted; the training goes on to the end."""
    _broken_from(monkeypatch, 5, 2)
    trained = train(dataset, recipe(fusion={"steps": 0}), RunFolder(tmp_path), CPU)
    weights = trained.encoders["image"].state_dict().values()
    assert all(torch.isfinite(value).all() for value in weights)
    assert "2 steps had a loss that was not a number" in capsys.readouterr().err


def test_many_bad_steps_stop_with_step_and_cause(dataset, recipe, tmp_path, monkeypatch):
    """After too many in a row the error names the step and the encoder; the checkpoint before is good."""
    _broken_from(monkeypatch, 5, 99)
    with pytest.raises(TrainingError, match=r"loss of step 7 .*rate of the image encoder .*intact"):
        train(dataset, recipe(optimiser={"bad_steps_max": 2}), RunFolder(tmp_path), CPU)
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert 3 == state["done"]
    assert all(torch.isfinite(value).all() for value in state["weights"].values())


def test_it_stops_when_there_is_no_more_to_hope_for(dataset, recipe, tmp_path, monkeypatch):
    """Patience ends the training, and the weights of the best evaluation are kept."""
    scores = iter([0.2, 0.9, 0.3, 0.4, 0.5])
    monkeypatch.setattr(trainer_module, "dev_figures", lambda *_: {"score": next(scores)})
    watch = {"evaluate_every_steps": 1, "patience": 2}
    trained = train(dataset, recipe(watch=watch, fusion={"steps": 0}), RunFolder(tmp_path), CPU)
    assert {"score": 0.9} == trained.figures
    assert 4 == load_checkpoint(tmp_path / "checkpoint.pt")["done"]
    assert 2 == load_checkpoint(tmp_path / "best.pt")["step"]


def test_an_unknown_figure_is_refused_with_those_there_are(dataset, recipe, tmp_path):
    """A typing error in watch.metric is answered with the names."""
    with pytest.raises(TrainingError, match=r"'recal'; there are: score, text to image recall@1"):
        train(dataset, recipe(watch={"metric": "recal"}), RunFolder(tmp_path), CPU)


def test_frozen_backbones_are_computed_once(dataset, recipe, tmp_path, monkeypatch):
    """Of a frozen encoder only the head learns, on features in the cache; a second run computes none."""
    chosen = recipe(image={"frozen": True, "variants": 2}, fusion={"steps": 0})
    trained = train(dataset, chosen, RunFolder(tmp_path), CPU)
    assert 2 == len(list((tmp_path / "cache").glob("features-image-*.npy")))
    learned = [name for name, value in trained.encoders["image"].named_parameters() if value.requires_grad]
    assert ["out.weight", "out.bias"] == learned
    monkeypatch.setattr("training.contrastive.feature_cache._compute", None)
    again = train(dataset, chosen, RunFolder(tmp_path), CPU)
    assert trained.figures == again.figures


def test_one_modality_with_labels_is_enough(dataset, recipe, tmp_path):
    """Photos with classes and nothing else train by prototypes and by one another."""
    chosen = recipe(text=None, loss={"within": True, "prototype_weight": 1.0})
    trained = train(dataset, chosen, RunFolder(tmp_path), CPU)
    assert {"image"} == set(trained.encoders)
    assert {"score", "image label accuracy"} == set(trained.figures)
    assert trained.fusion is None


def test_a_pack_without_trained_fusion_has_one_that_is_the_weighted_sum(dataset, recipe, tmp_path):
    """No fusion room is ready for a pack without the model: it says what space a catalogue's vectors are of."""
    chosen = recipe(text=None, loss={"within": True, "prototype_weight": 1.0})
    train_pack(dataset, chosen, tmp_path / "shop", PackFacts("shop"))
    assert {"image_encoder", "fusion"} == set(read_pack(tmp_path / "shop").models)
