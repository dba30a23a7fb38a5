"""From a file of judged results to the networks of a pack, as the command line does it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from training.ranking.entry import train_ranker
from training.ranking.recipe import RankingRecipe
from triptych.cli.main import app
from triptych.packs.configs import read_config
from triptych.packs.verify import verify

sys.path.insert(0, str(Path(__file__).parents[2] / "triptych" / "packs"))
from small_packs import make_pack, seal

QUICK = RankingRecipe(epochs_max=1, repeats=1, folds=2)


@pytest.fixture
def pack(tmp_path):
    """The folder of a sound pack without a ranker."""
    folder = make_pack(tmp_path / "shop-1")
    for weights in folder.rglob("*.safetensors"):
        save_file({"weight": np.zeros(3, np.float32)}, weights)
    seal(folder)
    return folder


@pytest.fixture
def letor(ranking, tmp_path):
    """The ranking in LETOR's form; what is unknown is left out."""
    path = tmp_path / "clicks.letor"
    lines = [
        f"{label} qid:{query} "
        + " ".join(f"{at}:{value:.4f}" for at, value in enumerate(row, start=1) if not np.isnan(value))
        for row, label, query in zip(ranking.features, ranking.labels, ranking.queries, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_pack_gets_networks(letor, pack):
    """The pack is sound afterwards, and its ranker is of this pack and has the losses that were asked for."""
    shown = []
    figures = train_ranker(letor, pack, losses=["listnet", "lambdarank"], recipe=QUICK, show=shown.append)

    assert "ranker" in verify(pack).models
    parameters = {key: value.string_value for key, value in read_config(pack / "ranker").parameters.items()}
    assert "f1,f2,f3" == parameters["features"]
    assert "listnet=4,learned=5" == parameters["strategies"]
    assert ["listnet", "lambdarank"] == list(figures)
    assert 2 == len(shown)


def test_command(letor, pack):
    """`triptych train-ranker` names the features and tells the cross-validated NDCG."""
    arguments = ["train-ranker", str(letor), "--to", str(pack), "--loss", "ranknet", "--features", "a,b,c"]

    result = CliRunner().invoke(app, arguments)

    assert 0 == result.exit_code, result.output
    assert "ranknet: NDCG@10" in result.output
    assert "a,b,c" == read_config(pack / "ranker").parameters["features"].string_value


def test_what_cannot_be_used(letor, pack, tmp_path):
    """Names that do not fit, an unknown loss, a folder that is no pack: one line and exit code 2, nothing written."""
    for arguments, message in [
        ([str(letor), "--to", str(pack), "--features", "a,b"], "has 3 features; 2 are named"),
        ([str(letor), "--to", str(pack), "--loss", "mse"], '"mse" is unknown'),
        ([str(letor), "--to", str(tmp_path)], "is no pack"),
        ([str(tmp_path / "none"), "--to", str(pack)], "none"),
    ]:
        result = CliRunner().invoke(app, ["train-ranker", *arguments])

        assert 2 == result.exit_code, result.output
        assert message in " ".join(result.stderr.split())
        assert not (pack / "ranker").exists()
