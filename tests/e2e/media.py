"""Pictures and sounds for the tests, good and hostile."""

import io
import struct
import zlib

import numpy as np
import soundfile
from PIL import Image

RATE_HZ = 16_000


def jpeg(colour: tuple[int, int, int] = (200, 30, 30), size: int = 160) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "JPEG")
    return file.getvalue()


def wav(samples: np.ndarray, rate_hz: int = RATE_HZ) -> bytes:
    """A sound file of *samples*."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def tone(seconds: float) -> np.ndarray:
    """A steady tone."""
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int = 50_000, size: int = 2_000) -> bytes:
    """A PNG of about *size* bytes that claims side × side pixels."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(bytes(1_500_000))[: size - 100])
    return b"\x89PNG\r\n\x1a\n" + header + body + png_chunk(b"IEND", b"")


def wav_with_false_length() -> bytes:
    """A WAV file whose header promises two gigabytes and which ends in the middle of its header."""
    return b"RIFF" + struct.pack("<I", 2**31) + b"WAVEfmt " + struct.pack("<I", 2**31 - 1)


def long_flac(minutes: int = 10) -> bytes:
    """Ten minutes of a quiet tone, which compress to less than the limit on bytes."""
    file = io.BytesIO()
    samples = np.tile((tone(1.0) * 3000).astype(np.int16), minutes * 60)
    soundfile.write(file, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return file.getvalue()
