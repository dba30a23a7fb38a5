"""Every kind of encoder, built small: what all of them promise."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tests.small_models import bert, clap, clip, vit
from training.errors import TrainingError
from training.networks.registry import build_encoder, kinds, load_encoder, save_encoder

CORPUS = ["a red mug", "a blue sofa", "a large wooden chair", "the green lamp of the house"]
RAW = {
    "text": ["a red mug", "chair", "unheard 词 words", ""],
    "image": torch.arange(4 * 32 * 32 * 3).reshape(4, 32, 32, 3).remainder(251).to(torch.uint8),
    "audio": (
        torch.linspace(-1, 1, 4 * 48_000).reshape(4, 48_000).sin(),
        torch.tensor([48_000, 9_000, 700, 1]),
    ),
}
SMALL = {"height": 32, "width": 32}


def graph(path, name, shape, width=6):
    """An ONNX graph from an input of *shape* to features [batch, width], by way of an average over all other axes."""
    channels = shape[1]
    weight = np.random.default_rng(0).standard_normal((channels, width)).astype(np.float32)
    if len(shape) == 4:
        nodes = [
            helper.make_node("GlobalAveragePool", [name], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
        ]
    else:
        nodes = [helper.make_node("Flatten", [name], ["flat"])]
    nodes.append(helper.make_node("Gemm", ["flat", "weight"], ["features"]))
    inside = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape[1:]])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(weight, "weight")],
    )
    onnx.save(helper.make_model(inside, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Small files and folders that encoders are built from, by modality and kind."""
    root = tmp_path_factory.mktemp("sources")
    vectors = root / "glove.txt"
    words = sorted({word for text in CORPUS for word in text.split()})
    numbers = np.random.default_rng(1).standard_normal((len(words), 5))
    vectors.write_text("".join(f"{w} {' '.join(map(str, n))}\n" for w, n in zip(words, numbers, strict=True)))
    folder = {"clip": str(clip(root / "clip")), "clap": str(clap(root / "clap"))}
    return {
        ("text", "bag_of_words"): {"buckets": 64, "width": 8},
        ("text", "word_vectors"): {"path": str(vectors)},
        ("text", "transformer"): {"width": 8, "layers": 1, "heads": 2},
        ("text", "pretrained"): {"path": str(bert(root / "bert"))},
        ("text", "clip"): {"path": folder["clip"]},
        ("image", "cnn"): {"channels": [4, 8], "blocks": [1], **SMALL},
        ("image", "onnx"): {"path": str(graph(root / "picture.onnx", "pixels", (1, 3, 32, 32)))},
        ("image", "pretrained"): {"path": str(vit(root / "vit"))},
        ("image", "clip"): {"path": folder["clip"]},
        ("audio", "mfcc"): {"width": 8, "layers": 1, "heads": 2},
        ("audio", "onnx"): {"path": str(graph(root / "sound.onnx", "wave", (1, 1600)))},
        ("audio", "clap"): {"path": folder["clap"]},
    }


KINDS = [(modality, kind) for modality in ("text", "image", "audio") for kind in kinds(modality)]
PRETRAINED = [pair for pair in KINDS if pair[1] in {"pretrained", "onnx", "clip", "clap"}]


@pytest.fixture
def make(sources):
    """Return a function that builds an encoder of 16 dimensions."""

    def build(modality, kind, dimension=16, **options):
        torch.manual_seed(0)
        return build_encoder(
            modality, kind, dimension, sources[modality, kind] | options, corpus=CORPUS
        ).eval()

    return build


@pytest.mark.parametrize(("modality", "kind"), KINDS)
@torch.inference_mode()
def test_unit_vectors_of_any_input(make, modality, kind):
    """Odd and empty inputs have finite vectors of length 1, and different ones have different vectors."""
    vectors = make(modality, kind).encode(RAW[modality])

    assert (4, 16) == vectors.shape
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(4))
    assert not torch.allclose(vectors[0], vectors[1], atol=1e-5)


@pytest.mark.parametrize(("modality", "kind"), KINDS)
@torch.inference_mode()
def test_a_vector_does_not_depend_on_its_batch(make, modality, kind):
    """Each input has the vector that it has alone."""
    encoder, raw = make(modality, kind), RAW[modality]

    together = encoder.encode(raw)

    for row in range(4):
        alone = tuple(each[row : row + 1] for each in raw) if modality == "audio" else raw[row : row + 1]
        torch.testing.assert_close(encoder.encode(alone)[0], together[row], atol=1e-5, rtol=0)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(("modality", "kind"), KINDS)
@torch.inference_mode()
def test_saved_and_loaded(make, tmp_path, modality, kind, half):
    """A loaded encoder makes the vectors of the saved one; in half precision nearly."""
    encoder = make(modality, kind)

    save_encoder(encoder, tmp_path, half=half)
    loaded = load_encoder(tmp_path)

    expected, actual = encoder.encode(RAW[modality]), loaded.encode(RAW[modality])
    torch.testing.assert_close(actual, expected, atol=2e-2 if half else 1e-6, rtol=0)
    assert (encoder.options(), encoder.facts()) == (loaded.options(), loaded.facts())
    assert not [path for path in tmp_path.rglob("*") if "partial" in path.name]


@pytest.mark.parametrize(("modality", "kind"), PRETRAINED)
def test_a_frozen_backbone_learns_nothing(make, modality, kind):
    """Gradients reach the head alone, and training mode does not reach the backbone."""
    encoder = make(modality, kind, head="linear").train()

    encoder(*encoder.prepare(RAW[modality])).sum().backward()

    learning = {name for name, parameter in encoder.named_parameters() if parameter.grad is not None}
    assert encoder.frozen
    assert {"out.weight", "out.bias"} == learning
    assert not any(part.training for part in encoder.backbone.modules())


@pytest.mark.parametrize(("modality", "kind"), PRETRAINED)
def test_a_backbone_can_be_trained_through(make, tmp_path, modality, kind):
    """Unfrozen, the backbone learns, and what it learned is saved and loaded."""
    encoder = make(modality, kind, head="linear", frozen=False)
    before = {name: value.clone() for name, value in encoder.backbone.named_parameters()}

    encoder(*encoder.prepare(RAW[modality]))[:, 0].sum().backward()
    torch.optim.SGD(encoder.parameters(), 0.1).step()
    save_encoder(encoder, tmp_path)

    loaded = dict(load_encoder(tmp_path).backbone.named_parameters())
    assert any(not torch.equal(before[name], value) for name, value in loaded.items())
    assert all(torch.equal(value, loaded[name]) for name, value in encoder.backbone.named_parameters())


@pytest.mark.parametrize("head", ["linear", "mlp"])
@pytest.mark.parametrize(("modality", "kind"), PRETRAINED)
def test_project_alone_is_what_a_trainer_needs(make, modality, kind, head):
    """Features computed once and projected are the vectors of the whole."""
    encoder = make(modality, kind, head=head)
    prepared = encoder.prepare(RAW[modality])

    with torch.inference_mode():
        torch.testing.assert_close(encoder.project(encoder.features(*prepared)), encoder(*prepared))


@pytest.mark.parametrize(("modality", "kind"), PRETRAINED)
def test_without_a_head_the_dimension_is_the_backbone_s(make, modality, kind):
    """Asking for no head and another dimension is an error that names both."""
    with pytest.raises(TrainingError, match="dimensions, not 17"):
        make(modality, kind, dimension=17, head="none")


@pytest.mark.parametrize(("modality", "kind"), PRETRAINED)
def test_a_path_is_needed_and_must_be_there(modality, kind):
    """Without a path, or with one that is not on this machine, the error says so."""
    with pytest.raises(TrainingError, match="option path"):
        build_encoder(modality, kind, 16)
    with pytest.raises(TrainingError, match="nobody/knows"):
        build_encoder(modality, kind, 16, {"path": "nobody/knows"})


@pytest.mark.parametrize(("modality", "kind"), KINDS)
def test_unknown_options_are_named(make, modality, kind):
    """An option that the kind does not have is an error, not ignored."""
    with pytest.raises(TrainingError, match="weather"):
        make(modality, kind, weather="fine")


def test_unknown_kinds_and_dimensions():
    """The error lists what there is."""
    with pytest.raises(TrainingError, match="known are: text bag_of_words"):
        build_encoder("text", "crystal_ball", 16)
    with pytest.raises(TrainingError, match="at least 1"):
        build_encoder("text", "bag_of_words", 0)


@pytest.mark.parametrize("damage", ["no encoder.json", "no json", "no weights", "other weights"])
def test_damaged_folders_name_the_file(make, tmp_path, damage):
    """What is missing or does not fit is named by its path."""
    save_encoder(make("text", "bag_of_words"), tmp_path)
    described, weights = tmp_path / "encoder.json", tmp_path / "model.safetensors"
    match damage:
        case "no encoder.json":
            described.unlink()
        case "no json":
            described.write_text("{")
        case "no weights":
            weights.unlink()
        case "other weights":
            described.write_text(described.read_text().replace('"width": 8', '"width": 9'))

    with pytest.raises(TrainingError, match=str(described if "json" in damage else weights)):
        load_encoder(tmp_path)


def test_a_full_disk_leaves_what_was_there(make, tmp_path, monkeypatch):
    """An encoder that cannot be written whole leaves the folder's earlier weights and no half file."""
    save_encoder(make("text", "bag_of_words"), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(tensors, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("training.networks.registry.save_file", full)
    with pytest.raises(TrainingError, match="No space left on device"):
        save_encoder(make("text", "bag_of_words"), tmp_path)

    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(("modality", "kind"), KINDS)
@torch.inference_mode()
def test_half_precision_changes_little(make, modality, kind):
    """As on a GPU: weights in half precision, spectra and pixels exact, make nearly the same vectors."""
    raw = RAW[modality] if modality != "audio" else tuple(each[:2] for each in RAW[modality])
    encoder = make(modality, kind)
    expected = encoder.encode(raw)

    try:
        actual = encoder.half().encode(raw)
    except RuntimeError as error:
        if "not implemented for 'Half'" in str(error):
            pytest.skip("this operation exists in half precision on GPUs only")
        raise

    assert torch.float16 == actual.dtype
    torch.testing.assert_close(actual.float(), expected, atol=2e-2, rtol=0)
