"""A small random Whisper model, saved to a folder, served as a transcriber."""

import json

import numpy as np
import pytest
import torch
from transformers import (
    GenerationConfig,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperProcessor,
    WhisperTokenizer,
)

from training.errors import TrainingError
from training.speech.transcriber import load_transcriber
from training.speech.whisper import WhisperRecogniser
from training.speech.write import write_whisper_transcriber

SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|transcribe|>",
    "<|translate|>",
    "<|notimestamps|>",
)
WORDS = ("red", "Ġmug", "Ġa", "Ġchair", "Ġblue", "Ġplease")  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder of a multilingual model of a few words, with its processor."""
    folder = tmp_path_factory.mktemp("whisper")
    letters = sorted({letter for word in WORDS for letter in word})
    vocabulary = {piece: at for at, piece in enumerate([*letters, *WORDS])}
    ids = {name: len(vocabulary) + at for at, name in enumerate(SPECIAL)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokeniser = WhisperTokenizer(
        vocab=vocabulary, merges=[], unk_token="<|endoftext|>", bos_token="<|endoftext|>",
        eos_token="<|endoftext|>", pad_token="<|endoftext|>",
    )  # fmt: skip
    tokeniser.add_special_tokens({"additional_special_tokens": list(SPECIAL[1:])})
    ids = {name: tokeniser.convert_tokens_to_ids(name) for name in SPECIAL}
    extractor = WhisperFeatureExtractor(feature_size=8, chunk_length=30)
    WhisperProcessor(extractor, tokeniser).save_pretrained(folder)
    torch.manual_seed(3)
    config = WhisperConfig(
        vocab_size=len(tokeniser), num_mel_bins=8, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
        decoder_start_token_id=ids["<|startoftranscript|>"], eos_token_id=ids["<|endoftext|>"],
        bos_token_id=ids["<|endoftext|>"], pad_token_id=ids["<|endoftext|>"], init_std=0.6,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    model.generation_config = GenerationConfig(
        decoder_start_token_id=ids["<|startoftranscript|>"], eos_token_id=ids["<|endoftext|>"],
        pad_token_id=ids["<|endoftext|>"], is_multilingual=True, max_length=12,
        lang_to_id={"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
        task_to_id={"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        no_timestamps_token_id=ids["<|notimestamps|>"], suppress_tokens=list(range(len(letters))),
    )  # fmt: skip
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def wave():
    """Two seconds of noise."""
    return np.random.default_rng(0).standard_normal(32_000).astype(np.float32) * 0.1


def original(folder, wave, language):
    """What transformers' own pipeline of processor and generate writes."""
    processor = WhisperProcessor.from_pretrained(folder)
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    features = processor(wave, sampling_rate=16_000, return_tensors="pt", return_attention_mask=True)
    made = model.generate(**features, language=language, task="transcribe", do_sample=False, num_beams=1)
    return processor.batch_decode(made, skip_special_tokens=True)[0].strip()


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_transcript_is_the_original_models(saved, tmp_path, wave, language):
    """Copied into a pack and loaded again, it writes what the model in its folder writes, and is 0 to 1 sure."""
    ways = {"colour": {"red": ("red",), "blue": ("blue",)}}
    write_whisper_transcriber(tmp_path, saved, pack="shop", version="1", language=language, ways=ways)
    options = json.loads((tmp_path / "1" / "transcriber.json").read_text()) | {"confidence_floor": 0}
    (tmp_path / "1" / "transcriber.json").write_text(json.dumps(options))
    expected = original(saved, wave, language)
    heard = load_transcriber(tmp_path / "1").hear(wave)

    assert expected
    assert expected == heard.text
    assert 0 < heard.confidence <= 1
    assert set(heard.slots) <= {"colour"}


def test_below_the_floor_nothing_is_claimed(saved, wave):
    """A model that guesses is not believed."""
    heard = WhisperRecogniser(saved, language="en", confidence_floor=1.0).hear(wave)

    assert ("", {}) == (heard.text, heard.slots)
    assert heard.confidence < 1


def test_only_thirty_seconds_are_heard(saved, wave):
    """What is longer is cut, as Whisper's window is."""
    recogniser = WhisperRecogniser(saved, language="en")
    long = np.tile(wave, 16)

    assert recogniser.hear(long[: 30 * 16_000]) == recogniser.hear(long)


def test_weights_that_can_run_code_are_refused(tmp_path):
    """Only .safetensors are taken."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"")

    with pytest.raises(TrainingError, match="safetensors"):
        write_whisper_transcriber(tmp_path / "to", tmp_path, pack="shop", version="1")


def test_a_folder_of_something_else_is_refused(tmp_path):
    """The error names the folder."""
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(TrainingError, match=str(tmp_path)):
        WhisperRecogniser(tmp_path)
