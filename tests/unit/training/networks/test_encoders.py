import pytest
import torch

from training.networks.audio import compact_audio_encoder
from training.networks.blocks import unit
from training.networks.image import HEIGHT, WIDTH, compact_image_encoder
from training.networks.text import TOKENS_MAX, compact_text_encoder


@pytest.fixture(autouse=True)
def _no_gradients():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def _is_unit(vectors):
    return bool(torch.isfinite(vectors).all()) and torch.allclose(
        vectors.norm(dim=-1), torch.ones(len(vectors))
    )


def test_unit_gives_a_zero_vector_a_direction():
    """A vector without direction becomes a finite vector of length 1."""
    assert _is_unit(unit(torch.zeros(2, 256)))


@pytest.mark.parametrize("length", [1, 7, TOKENS_MAX])
def test_text_vectors_are_unit_vectors(length):
    """Any number of word pieces gives 256 numbers of length 1."""
    pieces = torch.randint(1, 100, (3, length))
    vectors = compact_text_encoder(100).eval()(pieces)
    assert (3, 256) == vectors.shape
    assert _is_unit(vectors)


def test_text_padding_changes_nothing():
    """The same text has the same vector however far it is padded."""
    network = compact_text_encoder(100).eval()
    pieces = torch.randint(1, 100, (1, 9))
    padded = torch.nn.functional.pad(pieces, (0, 20))
    torch.testing.assert_close(network(padded), network(pieces), atol=1e-5, rtol=0)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_image_vectors_are_unit_vectors(shade):
    """Black, grey and white pictures give 256 numbers of length 1."""
    pictures = torch.full((2, HEIGHT, WIDTH, 3), shade, dtype=torch.uint8)
    vectors = compact_image_encoder().eval()(pictures)
    assert (2, 256) == vectors.shape
    assert _is_unit(vectors)


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
    vectors = compact_audio_encoder().eval()(waveform, torch.tensor([16_000, 1]))
    assert (2, 256) == vectors.shape
    assert _is_unit(vectors)


def test_audio_padding_changes_nothing():
    """The same sound has the same vector however much silence a batch pads it with."""
    network = compact_audio_encoder().eval()
    waveform, samples = torch.randn(1, 16_123), torch.tensor([16_123])
    padded = torch.nn.functional.pad(waveform, (0, 24_000 - 16_123))
    torch.testing.assert_close(network(padded, samples), network(waveform, samples), atol=1e-4, rtol=0)


def test_audio_loudness_changes_nothing():
    """A louder microphone hears the same words."""
    network = compact_audio_encoder().eval()
    waveform, samples = torch.randn(1, 16_000) * 0.1, torch.tensor([16_000])
    torch.testing.assert_close(network(3 * waveform, samples), network(waveform, samples), atol=1e-3, rtol=0)
