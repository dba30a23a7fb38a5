"""CLIP, SigLIP and CLAP folders become encoders whose vectors are the models' own."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModel,
    AutoTokenizer,
    ClapFeatureExtractor,
    CLIPImageProcessorPil,
    SiglipImageProcessorPil,
)

from tests.small_models import bert, clap, clip, siglip
from training.errors import TrainingError
from training.imports import import_encoders
from training.networks.registry import load_encoder, save_encoder
from triptych.media.pictures import decode_picture
from triptych.vocabulary.media import Resize

TEXTS = ["red mug", "a large wooden chair of green", "sofa", "an unknown word " * 20]
PROCESSORS = {"clip": CLIPImageProcessorPil, "siglip": SiglipImageProcessorPil}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {
        "clip": clip(root / "clip"),
        "siglip": siglip(root / "siglip"),
        "clap": clap(root / "clap"),
        "fused clap": clap(root / "fused", fusion=True),
    }


def unit(vectors):
    return vectors / vectors.norm(dim=-1, keepdim=True)


def equal(expected, actual):
    torch.testing.assert_close(actual, unit(expected), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["clip", "siglip", "clap"])
@torch.inference_mode()
def test_texts(folders, name):
    """Short texts, long ones and unknown words have the vectors of get_text_features."""
    whole = AutoModel.from_pretrained(folders[name]).eval()
    padding = "max_length" if name == "siglip" else True
    tokens = AutoTokenizer.from_pretrained(folders[name])(
        TEXTS, padding=padding, truncation=True, return_tensors="pt"
    )

    encoder = import_encoders(folders[name], "transformers")["text"]

    equal(whole.get_text_features(**tokens).pooler_output, encoder.encode(TEXTS))


@pytest.mark.parametrize("name", ["clip", "siglip"])
@pytest.mark.parametrize("size", [(32, 32), (200, 90), (61, 333), (20, 11), (1000, 700)])
@torch.inference_mode()
def test_pictures(folders, name, size):
    """Pictures of any shape, brought to the encoder as the service does it, have the vectors of get_image_features."""
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    whole = AutoModel.from_pretrained(folders[name]).eval()
    expected = whole.get_image_features(
        **PROCESSORS[name].from_pretrained(folders[name])(picture, return_tensors="pt")
    )
    file = io.BytesIO()
    picture.save(file, "PNG")

    encoder = import_encoders(folders[name], "transformers")["image"]
    facts = encoder.facts()
    taken = decode_picture(
        file.getvalue(),
        height_px=int(facts["height"]),
        width_px=int(facts["width"]),
        resize=Resize(facts["resize"]),
        pixels_max=10**7,
    )

    equal(expected.pooler_output, encoder.encode(torch.from_numpy(taken.copy())[None]))


@pytest.mark.parametrize("name", ["clap", "fused clap"])
@pytest.mark.parametrize("samples", [4_800, 20_000, 30_001, 48_000])
@torch.inference_mode()
def test_sounds(folders, name, samples):
    """Sounds of a tenth of a second to the longest have the vectors of get_audio_features, whatever follows them."""
    sound = np.random.default_rng(2).standard_normal(samples).astype(np.float32) * 0.1
    inputs = ClapFeatureExtractor.from_pretrained(folders[name])(
        sound, sampling_rate=48_000, return_tensors="pt"
    )
    expected = AutoModel.from_pretrained(folders[name]).eval().get_audio_features(**inputs).pooler_output
    padded = torch.zeros(2, 48_000)
    padded[0, :samples], padded[1] = torch.from_numpy(sound), 0.3

    encoder = import_encoders(folders[name], "transformers")["audio"]

    equal(expected, encoder.encode((padded, torch.tensor([samples, 48_000])))[:1])


@pytest.mark.parametrize("name", ["clip", "siglip", "clap", "fused clap"])
@torch.inference_mode()
def test_saved_and_loaded(folders, name, tmp_path):
    """An encoder saved to a folder makes the same vectors when it is loaded, without the folder it came from."""
    raw = {
        "text": TEXTS,
        "image": torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8),
        "audio": (torch.rand(2, 48_000), torch.tensor([48_000, 9_000])),
    }
    for modality, encoder in import_encoders(folders[name], "transformers").items():
        save_encoder(encoder, tmp_path / modality)

        loaded = load_encoder(tmp_path / modality)

        assert encoder.facts() == loaded.facts()
        torch.testing.assert_close(
            loaded.encode(raw[modality]), encoder.encode(raw[modality]), atol=1e-6, rtol=0
        )
        written = [path.read_text() for path in (tmp_path / modality).rglob("*.json")]
        assert not [text for text in written if str(folders[name]) in text]


def test_a_name_on_a_hub_is_refused():
    """Nothing is looked up anywhere: what is no folder is an error."""
    with pytest.raises(TrainingError, match="openai/clip-vit-base-patch32 is no folder"):
        import_encoders("openai/clip-vit-base-patch32", "transformers")


def test_a_model_of_one_modality_is_refused(tmp_path):
    """A BERT has no other modality to share a space with."""
    with pytest.raises(TrainingError, match="type bert"):
        import_encoders(bert(tmp_path / "bert"), "transformers")


def test_pickles_are_not_read(tmp_path):
    """A folder whose weights lie in a pickle is refused before anything is opened."""
    folder = clip(tmp_path / "clip")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(TrainingError, match=r"no \.safetensors"):
        import_encoders(folder, "transformers")


def test_code_in_a_folder_is_not_run(tmp_path):
    """A configuration that asks for code of its own is refused, and the code stays unread."""
    folder = clip(tmp_path / "clip")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config", "AutoModel": "mine.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text("raise SystemExit('run')")

    with pytest.raises(TrainingError, match="configuration"):
        import_encoders(folder, "transformers")


def test_missing_weights_are_noticed(tmp_path):
    """A file that lacks a layer is refused; the library alone would make the layer up."""
    folder = clip(tmp_path / "clip")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: each for name, each in weights.items() if "layers.1" not in name}, folder / "model.safetensors"
    )

    with pytest.raises(TrainingError, match="lacks weights"):
        import_encoders(folder, "transformers")


def test_pictures_prepared_in_an_unknown_way_are_refused(tmp_path):
    """A processor that does what the service cannot is refused by name, not served wrongly."""
    folder = clip(tmp_path / "clip")
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"resample": 1}))

    with pytest.raises(TrainingError, match="prepares pictures in a way"):
        import_encoders(folder, "transformers")
