"""Models imported from folders, written as packs, served by a real Triton, asked through the encoder service.

Each vector must be the one that the original model makes of what its original processor makes of the same thing.
"""

import contextlib
import io

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

from tests.small_models import clap, clip, siglip
from training.imports import import_encoders
from training.packs.write import write_pack
from triptych.internal.v1.encoder_service_pb2 import EncodePart, EncodeRequest
from triptych.runtime.errors import from_status
from triptych.v1.types_pb2 import Media
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import unpack

TEXT = "a large red chair"
PICTURE = np.random.default_rng(0).integers(0, 256, (90, 140, 3), dtype=np.uint8)
SOUND = (np.random.default_rng(1).standard_normal(30_000) * 0.1).astype(np.float32)


@pytest.fixture
async def room(tmp_path_factory, serve_models, serve, until_ready):
    """Return a function that imports, serves and encodes; the parts of the answer, and the folder of the original."""
    async with contextlib.AsyncExitStack() as stack:

        async def encode(make, *parts):
            root = tmp_path_factory.mktemp("pack")
            source = make(root / "source")
            write_pack(
                root / "pack", name="imported", version="1", encoders=import_encoders(source, "transformers"),
                fusion=None, licence="none", languages=("en",), figures={}, recipe={},
            )  # fmt: skip
            address = stack.enter_context(serve_models(root / "pack"))
            encoder, health = await stack.enter_async_context(serve(triton_url=address))
            await until_ready(health)
            response = await encoder.Encode(EncodeRequest(parts=parts), timeout=60)
            return source, response.parts

        yield encode


def text():
    return EncodePart(text=TEXT)


def picture():
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, "PNG")
    return EncodePart(image=Media(data=file.getvalue()))


def sound():
    file = io.BytesIO()
    soundfile.write(file, SOUND, 48_000, format="WAV", subtype="FLOAT")
    return EncodePart(audio=Media(data=file.getvalue()))


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
async def test_texts_and_pictures(room, make, processor, padding):
    """CLIP and SigLIP: texts and pictures have the original's vectors; sound, which they lack, is refused alone."""
    source, (read, seen, heard) = await room(make, text(), picture(), sound())

    tokens = AutoTokenizer.from_pretrained(source)([TEXT], padding=padding, return_tensors="pt")
    pixels = processor.from_pretrained(source)(Image.fromarray(PICTURE), return_tensors="pt")
    same(source, "get_text_features", tokens, read)
    same(source, "get_image_features", pixels, seen)
    not_served("audio", heard)


@pytest.mark.slow
async def test_texts_and_sounds(room):
    """CLAP: texts and sounds have the original's vectors; a picture, which it lacks, is refused alone."""
    source, (read, seen, heard) = await room(clap, text(), picture(), sound())

    tokens = AutoTokenizer.from_pretrained(source)([TEXT], return_tensors="pt")
    waves = ClapFeatureExtractor.from_pretrained(source)(SOUND, sampling_rate=48_000, return_tensors="pt")
    same(source, "get_text_features", tokens, read)
    same(source, "get_audio_features", waves, heard)
    not_served("image", seen)
