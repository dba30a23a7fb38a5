"""Pictures as a pretrained model takes them: size, resizing, and the numbers that pixels become."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from training.networks.picture_facts import picture_facts
from triptych.vocabulary.media import Resize

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class PictureInput:
    """Pixels x of 0 to 255 become (x * scale - mean) / std, channels first."""

    height: int = 224
    width: int = 224
    resize: str = Resize.FIT_WHITE
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD
    scale: float = 1 / 255

    def facts(self) -> dict[str, str]:
        """Return what a service must know.

        Raises:
            TrainingError: see `picture_facts`.
        """
        return picture_facts(self.height, self.width, self.resize)

    def options(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        return asdict(self) | {"resize": str(self.resize), "mean": list(self.mean), "std": list(self.std)}

    def normalised(self, pictures: Tensor, dtype: torch.dtype) -> Tensor:
        """Return [B, 3, H, W] of RGB pictures [B, H, W, 3], uint8 or floats 0 to 255; computed in float32."""
        mean, std = (torch.tensor(each, device=pictures.device) for each in (self.mean, self.std))
        return ((pictures.float() * self.scale - mean) / std).permute(0, 3, 1, 2).to(dtype)
