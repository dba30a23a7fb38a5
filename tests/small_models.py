"""Small models with random weights, saved as the transformers library saves them: real code, real files, no hub."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
    ViTConfig,
    ViTImageProcessorPil,
    ViTModel,
)

SPACE = 24
WORDS = ("red", "blue", "green", "mug", "sofa", "lamp", "chair", "wooden", "large", "small", "a", "of")
_TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
_VISION = {**_TEXT, "image_size": 32, "patch_size": 8}
_SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "[BOS]", "eos_token": "[EOS]"}


def tokeniser(length: int, **more: object) -> PreTrainedTokenizerFast:
    """A tokeniser of whole words between [BOS] and [EOS]."""
    names = (*_SPECIAL.values(), *WORDS)
    inner = Tokenizer(WordLevel({name: at for at, name in enumerate(names)}, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    inner.post_processor = TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[("[BOS]", 2), ("[EOS]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=length, **_SPECIAL, **more)


def _save(folder: Path, *parts: object) -> Path:
    for part in parts:
        part.save_pretrained(folder)
    return folder


def clip(folder: Path) -> Path:
    """A CLIP whose pictures are 32 pixels wide, cut out of the middle."""
    torch.manual_seed(1)
    text = {
        **_TEXT,
        "vocab_size": 16,
        "max_position_embeddings": 20,
        "eos_token_id": 3,
        "bos_token_id": 2,
        "pad_token_id": 0,
    }
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=_VISION, projection_dim=SPACE))
    pictures = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return _save(folder, model, tokeniser(20), pictures)


def siglip(folder: Path) -> Path:
    """A SigLIP whose pictures are squashed, and whose texts are filled up to 16 tokens."""
    torch.manual_seed(2)
    text = {
        **_TEXT,
        "vocab_size": 16,
        "max_position_embeddings": 16,
        "projection_size": 32,
        "pad_token_id": 0,
    }
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=_VISION))
    pictures = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    return _save(folder, model, tokeniser(16, model_input_names=["input_ids"]), pictures)


def clap(folder: Path, *, fusion: bool = False) -> Path:
    """A CLAP that hears a second of 48 kHz, with or without the fusion of several views."""
    torch.manual_seed(3)
    text = {**_TEXT, "vocab_size": 16, "max_position_embeddings": 40, "pad_token_id": 1, "type_vocab_size": 1}
    audio = {
        "spec_size": 64, "num_mel_bins": 16, "patch_size": 4, "patch_stride": [4, 4], "window_size": 4, "hidden_size": 64,
        "patch_embeds_hidden_size": 16, "depths": [1, 1, 1], "num_attention_heads": [2, 2, 2], "num_hidden_layers": 3,
        "enable_fusion": fusion, "fusion_type": "aff_2d" if fusion else None,
    }  # fmt: skip
    model = ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=SPACE))
    sounds = ClapFeatureExtractor(
        feature_size=16, max_length_s=1, truncation="fusion" if fusion else "rand_trunc", frequency_min=50
    )
    return _save(folder, model, tokeniser(30), sounds)


def bert(folder: Path, *, pooling: str = "mean_tokens", normalise: bool = True) -> Path:
    """A BERT with the configuration files of sentence-transformers."""
    torch.manual_seed(4)
    model = BertModel(BertConfig(**_TEXT, vocab_size=16, max_position_embeddings=32))
    _save(folder, model, tokeniser(32))
    kinds = ["Transformer", "Pooling", *(["Normalize"] if normalise else [])]
    modules = [{"type": f"sentence_transformers.models.{kind}"} for kind in kinds]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({f"pooling_mode_{pooling}": True}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 8}))
    return folder


def vit(folder: Path) -> Path:
    """A ViT whose pictures are squashed by bilinear interpolation."""
    torch.manual_seed(5)
    return _save(
        folder, ViTModel(ViTConfig(**_VISION)), ViTImageProcessorPil(size={"height": 32, "width": 32})
    )
