"""OpenCLIP folders become encoders, held against the network as its paper's code writes it (Radford et al. 2021)."""

import json
import math

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.small_models import SPACE, tokeniser
from training.errors import TrainingError
from training.imports import import_encoders

WIDTH, HEADS, LAYERS, LENGTH, SIDE, PATCH = 32, 4, 2, 12, 16, 8
CONFIG = {
    "model_cfg": {
        "embed_dim": SPACE,
        "quick_gelu": True,
        "vision_cfg": {
            "image_size": SIDE,
            "layers": LAYERS,
            "width": WIDTH,
            "patch_size": PATCH,
            "head_width": 8,
        },
        "text_cfg": {
            "context_length": LENGTH,
            "vocab_size": 16,
            "width": WIDTH,
            "heads": HEADS,
            "layers": LAYERS,
        },
    },
    "preprocess_cfg": {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4]},
}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(WIDTH, 4 * WIDTH), "c_proj": nn.Linear(4 * WIDTH, WIDTH)})

    def forward(self, states, mask=None):
        normal = self.ln_1(states)
        states = states + self.attn(normal, normal, normal, need_weights=False, attn_mask=mask)[0]
        hidden = self.mlp["c_fc"](self.ln_2(states))
        return states + self.mlp["c_proj"](hidden * torch.sigmoid(1.702 * hidden))


class Stack(nn.Module):
    def __init__(self):
        super().__init__()
        self.resblocks = nn.ModuleList(Block() for _ in range(LAYERS))

    def forward(self, states, mask=None):
        for block in self.resblocks:
            states = block(states, mask)
        return states


class Visual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(WIDTH))
        self.positional_embedding = nn.Parameter(torch.randn((SIDE // PATCH) ** 2 + 1, WIDTH))
        self.ln_pre, self.ln_post = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.transformer = Stack()
        self.proj = nn.Parameter(torch.randn(WIDTH, SPACE))

    def forward(self, pixels):
        patches = self.conv1(pixels).flatten(2).transpose(1, 2)
        states = torch.cat([self.class_embedding.expand(len(pixels), 1, -1), patches], 1)
        states = self.transformer(self.ln_pre(states + self.positional_embedding))
        return self.ln_post(states[:, 0]) @ self.proj


class Clip(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Visual()
        self.transformer = Stack()
        self.token_embedding = nn.Embedding(16, WIDTH)
        self.positional_embedding = nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.ln_final = nn.LayerNorm(WIDTH)
        self.text_projection = nn.Parameter(torch.randn(WIDTH, SPACE))
        self.logit_scale = nn.Parameter(torch.tensor(math.log(14.0)))

    def encode_text(self, tokens, ends):
        mask = torch.full((LENGTH, LENGTH), float("-inf")).triu(1)
        states = self.token_embedding(tokens) + self.positional_embedding
        states = self.ln_final(self.transformer(states, mask))
        return states[torch.arange(len(tokens)), ends] @ self.text_projection


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(6)
    return Clip().eval()


@pytest.fixture
def folder(model, tmp_path):
    save_file(
        {name: value.clone() for name, value in model.state_dict().items()},
        tmp_path / "open_clip_model.safetensors",
    )
    (tmp_path / "open_clip_config.json").write_text(json.dumps(CONFIG))
    tokeniser(LENGTH).save_pretrained(tmp_path)
    return tmp_path


def equal(expected, actual):
    torch.testing.assert_close(actual, torch.nn.functional.normalize(expected, dim=1), atol=1e-4, rtol=0)


@torch.inference_mode()
def test_texts(model, folder):
    """Texts of any length have the vectors of encode_text."""
    texts = ["red mug", "a large chair of green", "sofa " * 30]
    tokens = tokeniser(LENGTH)(texts, padding="max_length", truncation=True, return_tensors="pt")

    encoder = import_encoders(folder, "open_clip")["text"]

    ends = tokens["attention_mask"].sum(1) - 1
    equal(model.encode_text(tokens["input_ids"], ends), encoder.encode(texts))


@torch.inference_mode()
def test_pictures(model, folder):
    """Pictures have the vectors of encode_image, normalised as the folder says."""
    pictures = torch.randint(0, 256, (3, SIDE, SIDE, 3), dtype=torch.uint8)
    preparation = CONFIG["preprocess_cfg"]
    pixels = (pictures / 255 - torch.tensor(preparation["mean"])) / torch.tensor(preparation["std"])

    encoder = import_encoders(folder, "open_clip")["image"]

    equal(model.visual(pixels.permute(0, 3, 1, 2)), encoder.encode(pictures))
    assert {"height": "16", "width": "16", "channels": "rgb", "resize": "crop"} == encoder.facts()


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("vision_cfg", "timm_model_name", "vit_base"),
        ("vision_cfg", "layers", [3, 4, 6, 3]),
        ("text_cfg", "hf_model_name", "roberta"),
    ],
)
def test_other_networks_are_refused(folder, part, key, value):
    """A configuration of another network is an error that names what is different."""
    config = json.loads(json.dumps(CONFIG))
    config["model_cfg"][part][key] = value
    (folder / "open_clip_config.json").write_text(json.dumps(config))

    with pytest.raises(TrainingError, match=f"another network.*{part}"):
        import_encoders(folder, "open_clip")


def test_weights_that_do_not_fit_are_refused(folder):
    """Weights of another size are an error that names the file."""
    config = json.loads(json.dumps(CONFIG))
    config["model_cfg"]["text_cfg"]["vocab_size"] = 99
    (folder / "open_clip_config.json").write_text(json.dumps(config))

    with pytest.raises(TrainingError, match="open_clip_model"):
        import_encoders(folder, "open_clip")


def test_a_folder_without_a_model(tmp_path):
    """An empty folder is an error that names the file that it lacks."""
    with pytest.raises(TrainingError, match=r"open_clip_config\.json"):
        import_encoders(tmp_path, "open_clip")
