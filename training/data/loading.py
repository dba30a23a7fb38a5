"""Pictures and sounds from files, as the encoder service decodes them for the same model."""

from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError
from triptych.media.pictures import Pixels, decode_picture, ignore_oddities
from triptych.media.sounds import Waveform, decode_sound
from triptych.vocabulary.errors import InvalidArgument
from triptych.vocabulary.media import Resize


@dataclass(frozen=True)
class MediaLimits:
    """What is accepted when serving; the values are the encoder service's own (tested to be the same)."""

    bytes_max: int = 8 * 1024 * 1024
    pixels_max: int = 40_000_000
    seconds_max: float = 30.0
    silence_dbfs: float = -60.0


DEFAULT_LIMITS = MediaLimits()


def load_picture(
    path: Path,
    height_px: int,
    width_px: int,
    resize: str = Resize.FIT_WHITE,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> Pixels:
    """Return the picture at *path* as RGB of shape (height_px, width_px, 3), uint8.

    Args:
        path: a JPEG, PNG, WebP or GIF file.
        height_px: of the model's pictures.
        width_px: of the model's pictures.
        resize: "fit_white" (whole, shape kept, on white) or "squash" (stretched).
        limits: pixels and bytes.

    Raises:
        TrainingError: the file cannot be read, or breaks a limit.
    """
    ignore_oddities()
    data = read_media(path, limits)
    try:
        return decode_picture(
            data,
            height_px=height_px,
            width_px=width_px,
            resize=Resize(resize),
            pixels_max=limits.pixels_max,
        )
    except InvalidArgument as error:
        raise TrainingError(f"{path}: {error.message}") from error


def load_sound(
    path: Path, rate_hz: int, seconds_max: float, limits: MediaLimits = DEFAULT_LIMITS
) -> Waveform:
    """Return the sound at *path* as float32 [samples], mono in [-1, 1] at *rate_hz*.

    Raises:
        TrainingError: the file cannot be read, is silent, or is longer than *seconds_max*.
    """
    data = read_media(path, limits)
    try:
        return decode_sound(data, rate_hz=rate_hz, seconds_max=seconds_max, silence_dbfs=limits.silence_dbfs)
    except InvalidArgument as error:
        raise TrainingError(f"{path}: {error.message}") from error


def read_media(path: Path, limits: MediaLimits) -> bytes:
    """Return the bytes of *path*.

    Raises:
        TrainingError: the file cannot be read, is empty or too large.
    """
    try:
        if wrong := size_problem(path.stat().st_size, limits):
            raise TrainingError(f"{path}: {wrong}")
        return path.read_bytes()
    except OSError as error:
        raise TrainingError(f"{path}: {error.strerror}") from error


def size_problem(size_bytes: int, limits: MediaLimits) -> str:
    """Return what is wrong with a file's size; empty when nothing is."""
    if not size_bytes:
        return "the file is empty"
    if size_bytes > limits.bytes_max:
        return f"the file has {size_bytes} bytes; at most {limits.bytes_max} are accepted"
    return ""
