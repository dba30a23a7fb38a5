"""ONNX backbones become encoders without a head."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.small_models import bert
from training.errors import TrainingError
from training.imports import import_encoders


def save(path, name, shape, width=6, operation="GlobalAveragePool"):
    """A graph: a convolution (of pictures) or a fully connected layer (of waveforms) to features."""
    generator = np.random.default_rng(7)
    if len(shape) == 4:
        weights = {"kernel": generator.standard_normal((width, shape[1], 3, 3))}
        nodes = [
            helper.make_node("Conv", [name, "kernel"], ["maps"], strides=[2, 2]),
            helper.make_node(operation, ["maps"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["features"]),
        ]
    else:
        weights = {"matrix": generator.standard_normal((shape[1], width))}
        nodes = [helper.make_node("Gemm", [name, "matrix"], ["features"])]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape[1:]])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(value.astype(np.float32), key) for key, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def runtime(path, values):
    session = onnxruntime.InferenceSession(path)
    (features,) = session.run(None, {session.get_inputs()[0].name: values})
    return torch.nn.functional.normalize(torch.from_numpy(features), dim=1)


@torch.inference_mode()
def test_pictures(tmp_path):
    """Vectors are ONNX Runtime's, at length 1, of pixels normalised as for ImageNet."""
    path = save(tmp_path / "picture.onnx", "pixels", (1, 3, 20, 24))
    pictures = torch.randint(0, 256, (3, 20, 24, 3), dtype=torch.uint8)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    values = ((pictures / 255 - mean) / std).permute(0, 3, 1, 2).contiguous().numpy()

    encoder = import_encoders(path, "onnx")["image"]

    torch.testing.assert_close(encoder.encode(pictures), runtime(path, values), atol=1e-5, rtol=0)
    assert ("20", "24") == (encoder.facts()["height"], encoder.facts()["width"])


@torch.inference_mode()
def test_sounds(tmp_path):
    """A sound's vector is the mean over its windows, the last by how much of it is sound."""
    path = save(tmp_path / "sound.onnx", "wave", (1, 100))
    wave = torch.randn(1, 300)
    wave[0, 250:] = 0

    encoder = import_encoders(path, "onnx")["audio"]
    features = torch.from_numpy(
        onnxruntime.InferenceSession(path).run(None, {"wave": wave.view(3, 100).numpy()})[0]
    )
    expected = (features * torch.tensor([[100], [100], [50]])).sum(0, keepdim=True) / 250

    actual = encoder.encode((wave, torch.tensor([250])))
    torch.testing.assert_close(actual, torch.nn.functional.normalize(expected, dim=1), atol=1e-5, rtol=0)


def test_a_folder_of_both(tmp_path):
    """One file per modality makes the encoders of one pack; two of one modality do not."""
    save(tmp_path / "a.onnx", "pixels", (1, 3, 16, 16))
    save(tmp_path / "b.onnx", "wave", (1, 100))
    assert {"image", "audio"} == set(import_encoders(tmp_path, "onnx"))

    save(tmp_path / "c.onnx", "wave", (1, 200))
    with pytest.raises(TrainingError, match="two encoders of audio"):
        import_encoders(tmp_path, "onnx")


def test_different_spaces_are_refused(tmp_path):
    """Encoders of different dimensions cannot share a space."""
    save(tmp_path / "a.onnx", "pixels", (1, 3, 16, 16))
    save(tmp_path / "b.onnx", "wave", (1, 100), width=9)

    with pytest.raises(TrainingError, match="different spaces"):
        import_encoders(tmp_path, "onnx")


def test_what_is_no_graph_is_refused(tmp_path):
    """An empty folder, a text and a graph with unknown operations are errors that name the file."""
    with pytest.raises(TrainingError, match=r"no \.onnx file"):
        import_encoders(tmp_path, "onnx")
    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(TrainingError, match=r"text\.onnx is no ONNX model"):
        import_encoders(tmp_path, "onnx")
    path = save(tmp_path / "strange.onnx", "pixels", (1, 3, 16, 16), operation="LpPool")
    with pytest.raises(TrainingError, match=r"strange\.onnx"):
        import_encoders(path, "onnx")


def test_weights_in_other_files_are_refused(tmp_path):
    """A graph could name any file of this machine as its weights."""
    path = save(tmp_path / "picture.onnx", "pixels", (1, 3, 16, 16))
    onnx.save(onnx.load(path), path, save_as_external_data=True, size_threshold=0)

    with pytest.raises(TrainingError, match="weights in other files"):
        import_encoders(path, "onnx")


def test_unknown_kinds_are_named(tmp_path):
    """The error lists the imports that there are."""
    with pytest.raises(TrainingError, match="transformers, open_clip, onnx"):
        import_encoders(bert(tmp_path / "bert"), "tensorflow")
