"""What the models' configurations mean, and how inputs are laid out for them."""

from types import SimpleNamespace

import numpy as np
import pytest

from services.encoder.adapters.triton import TritonAudioEncoder, TritonImageEncoder, TritonTextEncoder
from services.encoder.core.facts import AudioFacts, ImageFacts, TextFacts
from triptych.vocabulary.errors import Unavailable
from triptych.vocabulary.media import Resize
from triptych.vocabulary.vectors import ModelVersion, Space

COMMON = {"pack": "demo", "version": "3", "dimension": "2", "unit_length": "true"}


class FakeTriton:
    """Speaks as tritonclient's aio client does; each vector is the sum and the last number of its row."""

    def __init__(self, absent=(), pack=(), **parameters):
        self.absent, self.pack = absent, pack
        self.parameters = COMMON | parameters
        self.calls = []

    async def is_model_ready(self, name, client_timeout):
        return name not in self.absent

    async def get_model_repository_index(self, client_timeout):
        return SimpleNamespace(models=[SimpleNamespace(name=name) for name in self.pack])

    async def get_model_config(self, name, client_timeout):
        entries = {key: SimpleNamespace(string_value=value) for key, value in self.parameters.items()}
        return SimpleNamespace(config=SimpleNamespace(parameters=entries, max_batch_size=8, input=[]))

    async def infer(self, model, inputs, client_timeout, headers=None):
        call = {
            tensor.name(): (tensor.datatype(), tensor.shape(), tensor._get_content()) for tensor in inputs
        }
        self.calls.append(call)
        kind, shape, content = next(iter(call.values()))
        if kind == "BYTES":
            rows = np.zeros((shape[0], 2), np.float32)
        else:
            values = np.frombuffer(content, np.uint8 if kind == "UINT8" else np.float32)
            rows = values.reshape(shape[0], -1).astype(np.float32)
        vectors = np.stack([rows.sum(1), rows[:, 0]], 1)
        return SimpleNamespace(as_numpy=lambda name: vectors if name == "VECTOR" else None)


async def test_text_facts():
    """The text encoder's facts are those of its configuration."""
    triton = FakeTriton(space="demo-3/text", languages="en,zh")

    expected = TextFacts(
        ModelVersion("texts", "3", "demo-3/text"), Space("demo-3/text", 2), 8, languages=("en", "zh")
    )
    assert expected == await TritonTextEncoder(triton, "texts").facts()


async def test_image_facts():
    """The image encoder's facts are those of its configuration."""
    triton = FakeTriton(space="demo-3/image", height="96", width="64", resize="squash")

    expected = ImageFacts(
        ModelVersion("images", "3", "demo-3/image"),
        Space("demo-3/image", 2),
        8,
        height_px=96,
        width_px=64,
        resize=Resize.SQUASH,
    )
    assert expected == await TritonImageEncoder(triton, "images").facts()


async def test_audio_facts():
    """The audio encoder's facts are those of its configuration."""
    triton = FakeTriton(space="demo-3/audio", sample_rate_hz="16000", seconds_max="12.5")

    expected = AudioFacts(
        ModelVersion("sounds", "3", "demo-3/audio"),
        Space("demo-3/audio", 2),
        8,
        sample_rate_hz=16_000,
        seconds_max=12.5,
    )
    assert expected == await TritonAudioEncoder(triton, "sounds").facts()


async def test_an_unknown_way_to_resize_is_loud():
    """A picture brought to size another way than the model was trained with would be encoded wrongly."""
    triton = FakeTriton(space="demo-3/image", height="96", width="64", resize="fold")

    with pytest.raises(ValueError, match="fold"):
        await TritonImageEncoder(triton, "images").facts()


async def test_a_pack_may_train_on_no_language():
    """A pack that names no language has none, not one without a name."""
    facts = await TritonTextEncoder(FakeTriton(space="demo-3/text", languages=""), "texts").facts()

    assert () == facts.languages


ENCODERS = (TritonTextEncoder, TritonImageEncoder, TritonAudioEncoder)


@pytest.mark.parametrize("encoder", ENCODERS)
async def test_a_model_that_the_pack_has_not(encoder):
    """A pack of other models has no facts to tell of this one."""
    triton = FakeTriton(absent=("mine",), pack=("others",))

    assert await encoder(triton, "mine").facts() is None


@pytest.mark.parametrize("pack", [("mine", "others"), ()], ids=["still loading", "nothing looked at yet"])
@pytest.mark.parametrize("encoder", ENCODERS)
async def test_a_model_that_the_pack_has_but_is_not_ready(encoder, pack):
    """A model that is on its way is unavailable, not missing."""
    triton = FakeTriton(absent=("mine",), pack=pack)

    with pytest.raises(Unavailable):
        await encoder(triton, "mine").facts()


async def test_texts_go_as_strings():
    """All texts of a batch make one tensor of UTF-8 strings, one column."""
    triton = FakeTriton()

    await TritonTextEncoder(triton, "texts").encode(["red", "红"])

    expected = ("BYTES", [2, 1], b"\3\0\0\0red\3\0\0\0" + "红".encode())
    assert [{"TEXT": expected}] == triton.calls


async def test_pictures_go_as_bytes():
    """All pictures of a batch make one tensor, rows first."""
    triton = FakeTriton()
    pictures = [np.full((4, 5, 3), level, np.uint8) for level in (7, 9)]

    vectors = await TritonImageEncoder(triton, "images").encode(pictures)

    kind, shape, content = triton.calls[0]["IMAGE"]
    assert ("UINT8", [2, 4, 5, 3], b"\7" * 60 + b"\x09" * 60) == (kind, shape, content)
    assert [[420, 7], [540, 9]] == vectors.tolist()


async def test_sounds_of_one_padded_length_go_together():
    """Lengths round up to half seconds; the vectors come back in the order of the sounds."""
    triton = FakeTriton(space="demo-3/audio", sample_rate_hz="100", seconds_max="9")
    encoder = TritonAudioEncoder(triton, "sounds")
    await encoder.facts()
    lengths = [50, 51, 10, 100, 101]

    vectors = await encoder.encode([np.full(each, each, np.float32) for each in lengths])

    assert [[each * each, each] for each in lengths] == vectors.tolist()
    shapes = {
        tuple(call["WAVEFORM"][1]): np.frombuffer(call["SAMPLES"][2], np.int32).tolist()
        for call in triton.calls
    }
    assert {(2, 50): [50, 10], (2, 100): [51, 100], (1, 150): [101]} == shapes
