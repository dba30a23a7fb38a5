"""The compact image encoder: a residual network (He et al. 2016) on small colour pictures."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from training.networks.blocks import DIMENSION
from training.networks.encoder import ModalityEncoder
from training.networks.picture_facts import picture_facts
from triptych.vocabulary.media import Resize

HEIGHT = WIDTH = 96


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the first one may halve the picture."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(channels_in, channels_out, stride)
        self.second = _convolution(channels_out, channels_out, 1)
        same = stride == 1 and channels_in == channels_out
        self.shortcut = nn.Identity() if same else _convolution(channels_in, channels_out, stride, size=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, C', H / stride, W / stride]."""
        return torch.relu(self.second(torch.relu(self.first(maps))) + self.shortcut(maps))


class ImageEncoder(ModalityEncoder):
    """A stem and residual stages, averaged over the picture."""

    modality = "image"
    kind = "cnn"

    def __init__(
        self,
        dimension: int,
        channels: Sequence[int] = (24, 32, 64, 128),
        blocks: Sequence[int] = (1, 2, 2),
        height: int = HEIGHT,
        width: int = WIDTH,
        resize: str = Resize.FIT_WHITE,
    ) -> None:
        super().__init__(dimension)
        self._options = {"channels": list(channels), "blocks": list(blocks)}
        self._facts = picture_facts(height, width, resize)
        self.stem = _convolution(3, channels[0], stride=2)
        stages: list[nn.Module] = []
        for before, after, depth in zip(channels, channels[1:], blocks, strict=False):
            stages.append(ResidualBlock(before, after, stride=2))
            stages.extend(ResidualBlock(after, after, stride=1) for _ in range(depth - 1))
        self.stages = nn.Sequential(*stages)
        self.out = nn.Linear(channels[-1], dimension)
        # torch's own types do not know this argument of nn.Module.to.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def take_pictures_of(self, height: int, width: int) -> None:
        """Take pictures of another size from now on: averages over the picture do not mind."""
        self._facts = picture_facts(height, width, self._facts["resize"])

    def prepare(self, raw: Tensor) -> tuple[Tensor, ...]:
        """Return the uint8 pictures [B, H, W, 3] themselves."""
        return (raw.to(self.device),)

    def features(self, pictures: Tensor) -> Tensor:
        """Return averaged features [B, C] of uint8 RGB pictures [B, H, W, 3], or of floats 0 to 255."""
        # A view of [B, H, W, 3] as [B, 3, H, W] is already in the channels-last order convolutions like.
        scaled = pictures.permute(0, 3, 1, 2).to(self.dtype) / 64 - 2
        maps: Tensor = self.stages(torch.relu(self.stem(scaled)))
        return maps.mean(dim=(2, 3))

    def options(self) -> dict[str, Any]:
        """Return the network's sizes and the pictures it was made for."""
        size = {"height": int(self._facts["height"]), "width": int(self._facts["width"])}
        return {**self._options, **size, "resize": self._facts["resize"]}

    def facts(self) -> dict[str, str]:
        """Return the size of pictures and how they come to it."""
        return self._facts


def _convolution(channels_in: int, channels_out: int, stride: int, size: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out))


def compact_image_encoder() -> ImageEncoder:
    """The image encoder of the demonstration pack: about 50 million multiplications a picture."""
    return ImageEncoder(DIMENSION)
