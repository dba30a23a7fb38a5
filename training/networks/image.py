"""The image encoder: a compact residual network (He et al. 2016) on small colour pictures."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from training.networks.blocks import DIMENSION, unit

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


class ImageEncoder(nn.Module):
    """A stem and residual stages, averaged over the picture."""

    def __init__(self, channels: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        self.stem = _convolution(3, channels[0], stride=2)
        stages: list[nn.Module] = []
        for before, after, depth in zip(channels, channels[1:], blocks, strict=False):
            stages.append(ResidualBlock(before, after, stride=2))
            stages.extend(ResidualBlock(after, after, stride=1) for _ in range(depth - 1))
        self.stages = nn.Sequential(*stages)
        self.out = nn.Linear(channels[-1], DIMENSION)
        # torch's own types do not know this argument of nn.Module.to.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, pictures: Tensor) -> Tensor:
        """Return unit vectors [B, 256] of uint8 RGB pictures [B, H, W, 3] (made for 96 x 96)."""
        return unit(self.out(self.features(pictures)))

    def features(self, pictures: Tensor) -> Tensor:
        """Return the averaged features [B, C] before the projection, for auxiliary heads."""
        # A view of [B, H, W, 3] as [B, 3, H, W] is already in the channels-last order convolutions like.
        scaled = pictures.permute(0, 3, 1, 2).to(self.out.weight.dtype) / 64 - 2
        maps: Tensor = self.stages(torch.relu(self.stem(scaled)))
        return maps.mean(dim=(2, 3))


def _convolution(channels_in: int, channels_out: int, stride: int, size: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, size, stride, padding=size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out))


def compact_image_encoder() -> ImageEncoder:
    """The image encoder of the demonstration pack: about 50 million multiplications a picture."""
    return ImageEncoder(channels=(24, 32, 64, 128), blocks=(1, 2, 2))
