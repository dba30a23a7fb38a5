"""The network as it is served: the same numbers without torch, behind Triton's interface."""

import subprocess
import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from training.errors import TrainingError
from training.ranking.arrays import score
from training.ranking.fit import fit
from training.ranking.lists import lists_of
from training.ranking.network import RankingNetwork
from training.ranking.recipe import RankingRecipe
from training.ranking.write import write_ranker
from triptych.packs.configs import read_config

NAMES = ("similarity_text", "log_price", "in_stock")


def trained(ranking, loss="ranknet", hidden=(8, 4)):
    rows = lists_of(ranking.features, ranking.labels, ranking.queries)
    recipe = RankingRecipe(
        loss=loss, hidden=hidden, learning_rate=0.01, epochs_max=3, repeats=1, folds=3, start_from=1
    )
    return fit(rows, recipe).network


@pytest.mark.parametrize("hidden", [(), (8,), (8, 4)])
def test_numpy_says_what_torch_says(ranking, hidden):
    """Scores without torch equal those of the trained network, for known, unknown and far values."""
    network = trained(ranking, hidden=hidden)
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    rows = np.concatenate([ranking.features, [[np.nan] * 3, [1e9, -1e9, 0.0]]]).astype(np.float32)

    with torch.inference_mode():
        expected = network(torch.from_numpy(rows)).numpy()

    actual = score(state, rows)
    np.testing.assert_allclose(actual, expected, atol=1e-5)
    assert np.ptp(actual) > 0.1


class TritonError(Exception):
    INVALID_ARG, CANCELLED = 1, 2

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class Backend(types.ModuleType):
    """Stands for the module that only exists inside Triton."""

    TritonError = TritonError
    Tensor = staticmethod(lambda name, array: SimpleNamespace(name=name, array=array))

    @staticmethod
    def InferenceResponse(output_tensors=(), error=None):
        return SimpleNamespace(output_tensors=output_tensors, error=error)

    @staticmethod
    def get_input_tensor_by_name(request, name):
        return SimpleNamespace(as_numpy=lambda: request.inputs[name])


@pytest.fixture
def serve(monkeypatch):
    """Return a function that reads a model's folder as Triton does."""
    monkeypatch.setitem(sys.modules, "triton_python_backend_utils", Backend("triton_python_backend_utils"))
    monkeypatch.delitem(sys.modules, "training.serving.ranker", raising=False)
    from training.serving.ranker import TritonPythonModel

    def read(folder):
        model = TritonPythonModel()
        model.initialize({"model_repository": str(folder), "model_version": "1"})
        return model

    yield read
    sys.modules.pop("training.serving.ranker", None)


def asked(rows, *strategies, cancelled=False):
    inputs = {
        "FEATURES": np.asarray(rows, np.float32),
        "STRATEGY": np.array([[each] for each in strategies], np.int32),
    }
    return SimpleNamespace(inputs=inputs, is_cancelled=lambda: cancelled)


def test_served(ranking, serve, tmp_path):
    """Each row gets the score of the network that its strategy names."""
    networks = {"ranknet": trained(ranking), "lambdarank": trained(ranking, "lambdarank")}
    write_ranker(tmp_path / "ranker", networks, NAMES, pack="shop", version="2")
    rows = ranking.features[:4]

    (answer,) = serve(tmp_path / "ranker").execute([asked(rows, 3, 5, 5, 3)])

    with torch.inference_mode():
        ranknet, learned = (network(torch.from_numpy(rows)).tolist() for network in networks.values())
    (scores,) = answer.output_tensors
    assert ("SCORE", (4, 1), "float32") == (scores.name, scores.array.shape, str(scores.array.dtype))
    expected = [ranknet[0], learned[1], learned[2], ranknet[3]]
    np.testing.assert_allclose(scores.array[:, 0], expected, atol=1e-5)


def test_broken_requests_fail_alone(ranking, serve, tmp_path):
    """Infinite features, a network that the pack lacks, and a cancelled request do not disturb the others."""
    write_ranker(tmp_path / "ranker", {"listnet": trained(ranking)}, NAMES, pack="shop", version="2")
    good = asked([[0, 0, 0]], 4)
    answers = serve(tmp_path / "ranker").execute(
        [good, asked([[np.inf, 0, 0]], 4), asked([[0, 0, 0]], 3), asked([[0, 0, 0]], 4, cancelled=True), good]
    )

    errors = [answer.error and answer.error.code for answer in answers]
    assert [None, 1, 1, 2, None] == errors


def test_configuration(ranking, tmp_path):
    """Whatever the ranker room needs to know stands in the model's configuration."""
    networks = {"ranknet": trained(ranking), "listnet": trained(ranking), "lambdarank": trained(ranking)}
    write_ranker(tmp_path / "ranker", networks, NAMES, pack="shop", version="2")

    config = read_config(tmp_path / "ranker")

    parameters = {key: value.string_value for key, value in config.parameters.items()}
    assert {
        "pack": "shop",
        "version": "2",
        "features": "similarity_text,log_price,in_stock",
        "strategies": "ranknet=3,listnet=4,learned=5",
    } == parameters
    assert [("FEATURES", [3]), ("STRATEGY", [1])] == [(each.name, list(each.dims)) for each in config.input]
    assert 1000 == config.max_batch_size


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", "b"), "2 features are named"),
        (("a", "b", "a"), "named twice"),
        (("a", "b,c", "d"), "'b,c'"),
        (("a", "", "d"), "''"),
    ],
)
def test_names_that_do_not_fit(names, message, tmp_path):
    """Names are one per feature, each once, and fit into a comma-separated list; nothing is written otherwise."""
    with pytest.raises(TrainingError, match=message):
        write_ranker(tmp_path / "ranker", {"ranknet": RankingNetwork(3, ())}, names, pack="shop", version="1")

    assert not (tmp_path / "ranker").exists()


def test_file_is_small(ranking, tmp_path):
    """Weights are stored once, under the loss's name."""
    write_ranker(tmp_path / "ranker", {"listnet": trained(ranking)}, NAMES, pack="shop", version="1")

    arrays = load_file(tmp_path / "ranker" / "1" / "model.safetensors")

    assert {"listnet"} == {name.split(".")[0] for name in arrays}


def test_serving_needs_no_torch():
    """The code that is served imports no torch: a process of it starts in a blink and stays small."""
    code = (
        "import sys, types; sys.modules['triton_python_backend_utils'] = types.ModuleType('backend');"
        "import training.serving.ranker; sys.exit('torch' in sys.modules)"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
