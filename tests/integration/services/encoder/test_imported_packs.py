"""Models in folders, brought into packs by the command line, served by a real Triton, asked through the encoder service.

Each answer must be the one that the original model makes of what its original processor makes of the same thing.
"""

import asyncio
import contextlib
import io
import json

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from transformers import (
    AutoModel,
    AutoTokenizer,
    ClapFeatureExtractor,
    CLIPImageProcessorPil,
    SiglipImageProcessorPil,
)
from typer.testing import CliRunner

from tests.small_models import (
    blip,
    clap,
    clip,
    said_by_blip,
    siglip,
    whisper,
    written_by_whisper,
)
from training.networks.captioner import PIECES_MAX
from triptych.cli.main import app
from triptych.internal.v1.encoder_service_pb2 import (
    DescribeRequest,
    EncodePart,
    EncodeRequest,
    TranscribeRequest,
)
from triptych.runtime.errors import from_status
from triptych.v1.types_pb2 import Media
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import unpack

TEXT = "a large red chair"
PICTURE = np.random.default_rng(0).integers(0, 256, (90, 140, 3), dtype=np.uint8)
SOUND = (np.random.default_rng(1).standard_normal(30_000) * 0.1).astype(np.float32)


def triptych(*arguments):
    """Run a command that must succeed."""
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert 0 == result.exit_code, result.output


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Return a function that makes a model's folder and imports it; the folder of the pack, and that of the original."""
    monkeypatch.setenv("TRIPTYCH_PACKS", str(tmp_path / "packs"))
    monkeypatch.setenv("TRIPTYCH_STATE", str(tmp_path / "state"))

    def made(make):
        source = make(tmp_path / "source")
        facts = ("--kind", "transformers", "--name", "imported", "--licence", "none", "--languages", "en")
        triptych("pack", "import", source, *facts)
        return tmp_path / "packs" / "imported-1", source

    return made


@pytest.fixture
async def room(serve_models, serve, until_ready):
    """Return a function that serves a pack and returns a stub of a room that is ready."""
    async with contextlib.AsyncExitStack() as stack:

        async def served(pack):
            address = stack.enter_context(serve_models(pack))
            encoder, health = await stack.enter_async_context(serve(triton_url=address))
            await until_ready(health)
            return encoder

        yield served


async def encoded(encoder, *parts):
    return (await encoder.Encode(EncodeRequest(parts=parts), timeout=60)).parts


def text():
    return EncodePart(text=TEXT)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Media(data=file.getvalue())


def wav(wave, rate_hz):
    file = io.BytesIO()
    soundfile.write(file, wave, rate_hz, format="WAV", subtype="FLOAT")
    return Media(data=file.getvalue())


def picture():
    return EncodePart(image=png(PICTURE))


def sound():
    return EncodePart(audio=wav(SOUND, 48_000))


@torch.inference_mode()
def same(source, method, inputs, part):
    whole = AutoModel.from_pretrained(source).eval()
    expected = torch.nn.functional.normalize(getattr(whole, method)(**inputs).pooler_output[0], dim=0)
    actual = unpack(part.vector.data, part.vector.dimension, part.vector.space).values
    np.testing.assert_allclose(actual, expected.numpy(), atol=1e-3)


def not_served(modality, part):
    error = from_status(part.error)
    assert (Reason.MODALITY_NOT_SERVED, modality) == (error.reason, error.field)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "processor", "padding"),
    [(clip, CLIPImageProcessorPil, True), (siglip, SiglipImageProcessorPil, "max_length")],
)
async def test_texts_and_pictures(imported, room, make, processor, padding):
    """CLIP and SigLIP: texts and pictures have the original's vectors; sound, which they lack, is refused alone."""
    pack, source = imported(make)
    read, seen, heard = await encoded(await room(pack), text(), picture(), sound())

    tokens = AutoTokenizer.from_pretrained(source)([TEXT], padding=padding, return_tensors="pt")
    pixels = processor.from_pretrained(source)(Image.fromarray(PICTURE), return_tensors="pt")
    same(source, "get_text_features", tokens, read)
    same(source, "get_image_features", pixels, seen)
    not_served("audio", heard)


@pytest.mark.slow
async def test_texts_and_sounds(imported, room):
    """CLAP: texts and sounds have the original's vectors; a picture, which it lacks, is refused alone."""
    pack, source = imported(clap)
    read, seen, heard = await encoded(await room(pack), text(), picture(), sound())

    tokens = AutoTokenizer.from_pretrained(source)([TEXT], return_tensors="pt")
    waves = ClapFeatureExtractor.from_pretrained(source)(SOUND, sampling_rate=48_000, return_tensors="pt")
    same(source, "get_text_features", tokens, read)
    same(source, "get_audio_features", waves, heard)
    not_served("image", seen)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
async def test_speech(imported, room, tmp_path, language):
    """Whisper, given to a pack: what is said is written down as the original does, and slots are found in it."""
    (pack, _), source = imported(clip), whisper(tmp_path / "whisper")
    catalogue = tmp_path / "products.jsonl"
    lines = [
        {"id": name, "title": f"{name} mug", "category": "mug", "attributes": {"colour": name}}
        for name in ("red", "blue")
    ]
    catalogue.write_text("".join(json.dumps(line) + "\n" for line in lines))
    triptych("speech", "--to", pack, "--whisper", source, "--language", language, "--catalog", catalogue)
    # Of the rate that Whisper takes, so that the room does not resample.
    wave = (np.random.default_rng(0).standard_normal(32_000) * 0.1).astype(np.float32)

    heard = await (await room(pack)).Transcribe(TranscribeRequest(audio=wav(wave, 16_000)), timeout=60)

    expected = written_by_whisper(source, wave, language)
    assert expected
    assert expected == heard.transcript
    assert 0.3 <= heard.confidence <= 1
    assert {"colour": "blue"} == dict(heard.slots)


@pytest.mark.slow
async def test_descriptions(imported, room, tmp_path):
    """BLIP, given to a pack: pictures are described as the original does, those of one batch each by itself."""
    (pack, _), source = imported(clip), blip(tmp_path / "blip")
    triptych("captions", "--to", pack, "--model", source)
    rng = np.random.default_rng(2)
    # Of the size that the model takes, so that the room does not shrink them.
    pictures = [rng.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(4)]
    encoder = await room(pack)

    requests = [encoder.Describe(DescribeRequest(image=png(each)), timeout=60) for each in pictures]
    described = await asyncio.gather(*requests)

    expected = said_by_blip(source, [Image.fromarray(each) for each in pictures], PIECES_MAX)
    assert len(set(expected)) > 1
    assert expected == [each.description for each in described]
    assert all(0 < each.confidence <= 1 for each in described)
