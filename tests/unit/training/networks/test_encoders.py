import pytest
import torch

from training.networks.audio import compact_audio_encoder
from training.networks.blocks import unit
from training.networks.image import HEIGHT, WIDTH, ImageEncoder, compact_image_encoder
from training.networks.text import TextEncoder
from training.networks.tokeniser import TOKENS_MAX, train_tokeniser

CORPUS = [f"a {colour} {thing}" for colour in ("red", "blue", "green") for thing in ("mug", "sofa", "lamp")]


@pytest.fixture(autouse=True)
def _no_gradients():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def text_encoder():
    return TextEncoder(256, train_tokeniser(CORPUS, 200)).eval()


def _is_unit(vectors):
    return bool(torch.isfinite(vectors).all()) and torch.allclose(
        vectors.norm(dim=-1), torch.ones(len(vectors))
    )


def test_unit_gives_a_zero_vector_a_direction():
    """A vector without direction becomes a finite vector of length 1."""
    assert _is_unit(unit(torch.zeros(2, 256)))


@pytest.mark.parametrize("text", ["", "mug", "red mug " * 10, "unknown 词 " * 200])
def test_text_vectors_are_unit_vectors(text_encoder, text):
    """Any number of word pieces, known or not, gives 256 numbers of length 1."""
    vectors = text_encoder.encode([text, text])
    assert (2, 256) == vectors.shape
    assert _is_unit(vectors)


def test_text_padding_changes_nothing(text_encoder):
    """The same text has the same vector beside a longer one."""
    (alone,) = text_encoder.encode(["a red mug"])
    beside, _ = text_encoder.encode(["a red mug", "a red mug " * 8])
    torch.testing.assert_close(beside, alone, atol=1e-5, rtol=0)


def test_text_of_the_greatest_length_is_read(text_encoder):
    """What follows the last token that the encoder has a place for changes nothing."""
    longest = "red " * TOKENS_MAX
    torch.testing.assert_close(
        text_encoder.encode([longest]), text_encoder.encode([longest + "blue"]), atol=1e-6, rtol=0
    )


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_image_vectors_are_unit_vectors(shade):
    """Black, grey and white pictures give 256 numbers of length 1."""
    pictures = torch.full((2, HEIGHT, WIDTH, 3), shade, dtype=torch.uint8)
    vectors = compact_image_encoder().eval().encode(pictures)
    assert (2, 256) == vectors.shape
    assert _is_unit(vectors)


def test_image_encoder_of_another_size():
    """Size of pictures, depth and dimension are the caller's choice, and the facts tell them."""
    encoder = ImageEncoder(48, channels=(8, 16), blocks=(1,), height=40, width=64, resize="squash").eval()
    vectors = encoder.encode(torch.zeros(1, 40, 64, 3, dtype=torch.uint8))
    assert (1, 48) == vectors.shape
    assert {"height": "40", "width": "64", "channels": "rgb", "resize": "squash"} == encoder.facts()


@pytest.mark.parametrize(
    "waveform",
    [
        torch.zeros(2, 16_000),
        torch.ones(2, 16_000),
        torch.full((2, 16_000), 1e-20),
        1e30 * torch.randn(2, 16_000),
    ],
    ids=["silence", "constant", "tiny", "overdriven"],
)
def test_audio_vectors_are_unit_vectors(waveform):
    """Silence and overdriven noise give 256 numbers of length 1."""
    vectors = compact_audio_encoder().eval().encode((waveform, torch.tensor([16_000, 1])))
    assert (2, 256) == vectors.shape
    assert _is_unit(vectors)


def test_audio_padding_changes_nothing():
    """The same sound has the same vector however much silence a batch pads it with."""
    encoder = compact_audio_encoder().eval()
    waveform, samples = torch.randn(1, 16_123), torch.tensor([16_123])
    padded = torch.nn.functional.pad(waveform, (0, 24_000 - 16_123))
    torch.testing.assert_close(
        encoder.encode((padded, samples)), encoder.encode((waveform, samples)), atol=1e-4, rtol=0
    )


def test_audio_loudness_changes_nothing():
    """A louder microphone hears the same words."""
    encoder = compact_audio_encoder().eval()
    waveform, samples = torch.randn(1, 16_000) * 0.1, torch.tensor([16_000])
    torch.testing.assert_close(
        encoder.encode((3 * waveform, samples)), encoder.encode((waveform, samples)), atol=1e-3, rtol=0
    )
