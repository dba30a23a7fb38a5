"""An ONNX backbone of which only the later layers learn."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from training.errors import TrainingError
from training.networks.registry import build_encoder

PICTURES = torch.arange(2 * 8 * 8 * 3).reshape(2, 8, 8, 3).to(torch.uint8)


@pytest.fixture(scope="module")
def two_layers(tmp_path_factory):
    """A graph of two convolutions and an average."""
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((4, 3, 3, 3)), rng.standard_normal((6, 4, 1, 1))]
    inside = helper.make_graph(
        [
            helper.make_node("Conv", ["pixels", "w0"], ["early"]),
            helper.make_node("Conv", ["early", "w1"], ["late"]),
            helper.make_node("GlobalAveragePool", ["late"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["features"]),
        ],
        "two",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, 8, 8])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", 6])],
        [numpy_helper.from_array(w.astype(np.float32), f"w{at}") for at, w in enumerate(weights)],
    )
    path = tmp_path_factory.mktemp("graph") / "two.onnx"
    onnx.save(helper.make_model(inside, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def built(path, **options):
    """An encoder that is trained through."""
    return build_encoder("image", "onnx", 5, {"path": str(path), "frozen": False, **options})


def test_gradients_reach_only_the_layers_behind_the_frozen_ones(two_layers):
    """With one frozen layer, the first convolution has no gradient and the second one has."""
    encoder = built(two_layers, frozen_layers=1)

    encoder.encode(PICTURES).square()[:, 0].sum().backward()

    early, late = (part for part in encoder.backbone.graph.children() if [*part.parameters()])
    assert early.weight.grad is None
    assert late.weight.grad.abs().sum() > 0


def test_the_option_is_told_again(two_layers):
    """An encoder that is stored and loaded freezes as many layers."""
    assert 1 == built(two_layers, frozen_layers=1).options()["frozen_layers"]


@pytest.mark.parametrize("count", [-1, 2])
def test_a_count_that_leaves_nothing_to_learn_is_refused(two_layers, count):
    """So many frozen layers that none would learn, or fewer than none, is an error that names the option."""
    with pytest.raises(TrainingError, match=f"frozen_layers is {count}; the graph has 2 layers"):
        built(two_layers, frozen_layers=count)
