"""What recognisers have in common: a sound in, what was said and meant out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]
"""A sound: (samples,), mono, in [-1, 1]."""


@dataclass(frozen=True)
class Heard:
    """What was said: words in lower case, "" where nothing was understood; how sure, 0 to 1; slot → value."""

    text: str = ""
    confidence: float = 0.0
    slots: Mapping[str, str] = field(default_factory=dict)


class Recogniser(Protocol):
    """Writes down what is said."""

    rate_hz: int
    """Of the waves that it takes."""

    def hear(self, wave: Wave) -> Heard:
        """Return what is said in *wave*."""
        ...
