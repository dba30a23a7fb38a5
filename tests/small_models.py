"""Small models with random weights, saved as the transformers library saves them: real code, real files, no hub."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessorPil,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    GenerationConfig,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
    ViTConfig,
    ViTImageProcessorPil,
    ViTModel,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

SPACE = 24
WORDS = ("red", "blue", "green", "mug", "sofa", "lamp", "chair", "wooden", "large", "small", "a", "of")
_TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
_VISION = {**_TEXT, "image_size": 32, "patch_size": 8}
HEARD = ("red", "Ġmug", "Ġa", "Ġchair", "Ġblue", "Ġplease")
_WHISPERED = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|translate|>",
    "<|notimestamps|>",
)  # fmt: skip
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


def blip(folder: Path) -> Path:
    """A BLIP that says a few whole words about pictures of 32 pixels, squashed."""
    torch.manual_seed(6)
    ends = {"bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    # Large weights: with those that a training starts from, all pictures are described alike.
    text = {**_TEXT, **ends, "vocab_size": 16, "encoder_hidden_size": 32, "initializer_range": 1.0}
    vision = {**_VISION, "initializer_range": 1.0}
    model = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision))
    pictures = BlipImageProcessorPil(
        size={"height": 32, "width": 32}, image_mean=[0.5, 0.4, 0.3], image_std=[0.3, 0.2, 0.1]
    )
    return _save(folder, model, tokeniser(32), pictures)


def said_by_blip(folder: Path, pictures: Sequence[Image.Image], pieces_max: int) -> list[str]:
    """What transformers' own processor and `generate` say about pictures."""
    pixels = BlipImageProcessorPil.from_pretrained(folder)(list(pictures), return_tensors="pt")
    model = BlipForConditionalGeneration.from_pretrained(folder).eval()
    pieces = model.generate(**pixels, max_new_tokens=pieces_max, do_sample=False)
    read = PreTrainedTokenizerFast.from_pretrained(folder)
    return [text.strip() for text in read.batch_decode(pieces, skip_special_tokens=True)]


def whisper(folder: Path) -> Path:
    """A multilingual Whisper that writes a few whole words."""
    torch.manual_seed(3)
    letters = sorted({letter for word in HEARD for letter in word})
    end = dict.fromkeys(("unk_token", "bos_token", "eos_token", "pad_token"), _WHISPERED[0])
    words = {piece: at for at, piece in enumerate([*letters, *HEARD])}
    read = WhisperTokenizer(vocab=words, merges=[], **end)
    read.add_special_tokens({"additional_special_tokens": list(_WHISPERED[1:])})
    ids = {name.strip("<|>"): read.convert_tokens_to_ids(name) for name in _WHISPERED}
    ends = {
        "decoder_start_token_id": ids["startoftranscript"],
        "eos_token_id": ids["endoftext"],
        "pad_token_id": ids["endoftext"],
    }
    config = WhisperConfig(
        vocab_size=len(read), num_mel_bins=8, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, bos_token_id=ids["endoftext"], init_std=0.6,
        **ends,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    model.generation_config = GenerationConfig(
        is_multilingual=True, max_length=12, lang_to_id={f"<|{name}|>": ids[name] for name in ("en", "de")},
        task_to_id={name: ids[name] for name in ("transcribe", "translate")},
        no_timestamps_token_id=ids["notimestamps"], suppress_tokens=list(range(len(letters))), **ends,
    )  # fmt: skip
    extractor = WhisperFeatureExtractor(feature_size=8, chunk_length=30)
    return _save(folder, model, WhisperProcessor(extractor, read))


def written_by_whisper(folder: Path, wave: np.ndarray, language: str) -> str:
    """What transformers' own processor and `generate` write of a wave of 16 kHz."""
    processor = WhisperProcessor.from_pretrained(folder)
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    features = processor(wave, sampling_rate=16_000, return_tensors="pt", return_attention_mask=True)
    made = model.generate(**features, language=language, task="transcribe", do_sample=False, num_beams=1)
    return processor.batch_decode(made, skip_special_tokens=True)[0].strip()
