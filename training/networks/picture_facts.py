"""What a service must know to bring a picture to an encoder."""

from training.errors import TrainingError
from triptych.vocabulary.media import Resize


def picture_facts(height: int, width: int, resize: str) -> dict[str, str]:
    """Return the facts of an encoder of uint8 RGB pictures of this size.

    Raises:
        TrainingError: the size is none, or the service knows no such way of resizing.
    """
    if min(height, width) < 1:
        raise TrainingError(f"pictures of {height} by {width} pixels do not exist")
    if resize not in set(Resize):
        raise TrainingError(f"there is no resize {resize!r}; known are: {', '.join(Resize)}")
    return {"height": str(height), "width": str(width), "channels": "rgb", "resize": str(resize)}
