"""An audio encoder over any ONNX backbone that hears windows of fixed length, such as YAMNet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from training.errors import TrainingError
from training.networks.encoder import ModalityEncoder
from training.networks.heads import make_head
from training.networks.onnx_backbone import GRAPH_FILE, OnnxBackbone, beside_graph, check_trainable

_RATE_HZ = 16_000
_SECONDS_MAX = 30
# Windows of all sounds of a batch that go through the backbone at once.
_WINDOWS_AT_ONCE = 64


class OnnxAudioEncoder(ModalityEncoder):
    """A graph from windows [N, W] of the waveform to features; their mean, each by how much of it is sound.

    Options for a new one: `path` of the .onnx file; `output`, the name of the output; `sample_rate_hz`, 16000 unless
    said otherwise; `window_samples` where the graph does not say; `seconds_max`, the longest sound; `head` (see
    `make_head`); `frozen`, true unless said otherwise.
    """

    modality = "audio"
    kind = "onnx"
    requires = ("onnx", "onnx2torch")

    def __init__(
        self,
        dimension: int,
        path: Path,
        output: str = "",
        sample_rate_hz: int = _RATE_HZ,
        window_samples: int | None = None,
        seconds_max: float = _SECONDS_MAX,
        head: str | None = None,
        frozen: bool = True,
    ) -> None:
        super().__init__(dimension)
        backbone = OnnxBackbone(path, output)
        window = window_samples or (backbone.input_shape[-1] if len(backbone.input_shape) == 2 else 0)
        if not window:
            raise TrainingError(f"{path} names no window [batch, samples]; give the option window_samples")
        width = backbone.width((1, window))
        head = head or ("none" if width == dimension else "linear")
        self._options: dict[str, Any] = {
            "output": backbone.output, "sample_rate_hz": sample_rate_hz, "window_samples": window,
            "seconds_max": seconds_max, "head": head, "frozen": frozen,
        }  # fmt: skip
        self.window = window
        self.backbone = backbone
        self.out = make_head(head, width, dimension)
        if frozen:
            self.freeze_backbone()
        else:
            check_trainable(backbone)

    @classmethod
    def build(cls, dimension: int, options: Mapping[str, Any], corpus: Sequence[str]) -> Self:  # noqa: ARG003
        """Make a new encoder on the graph in the file `path`."""
        chosen = dict(options)
        path = chosen.pop("path", None)
        if path is None:
            raise TrainingError("the audio encoder onnx needs the option path: an .onnx file")
        return cls(dimension, Path(path), **chosen)

    @classmethod
    def restore(cls, dimension: int, options: Mapping[str, Any], folder: Path) -> Self:
        """Make the encoder of the graph in *folder*."""
        return cls(dimension, folder / GRAPH_FILE, **options)

    def prepare(self, raw: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        """Return windows float32 [B, N, W], the last filled up with zeros, and valid samples of each, int [B, N]."""
        waveform, samples = (tensor.to(self.device) for tensor in raw)
        count = -(-waveform.shape[1] // self.window)
        filled = torch.nn.functional.pad(waveform.float(), (0, count * self.window - waveform.shape[1]))
        starts = torch.arange(count, device=waveform.device) * self.window
        valid = (samples[:, None] - starts).clamp(0, self.window)
        return filled.view(len(waveform), count, self.window), valid

    def features(self, windows: Tensor, valid: Tensor) -> Tensor:
        """Return the mean features [B, F] over the windows that hold sound, by how much they hold."""
        heard = valid > 0
        chunks = torch.split(windows[heard].to(self.dtype), _WINDOWS_AT_ONCE)
        features = torch.cat([self.backbone(chunk) for chunk in chunks])
        shares = (valid / valid.sum(1, keepdim=True))[heard].to(features.dtype)
        owners = heard.nonzero()[:, 0]
        sums = torch.zeros(len(windows), features.shape[1], dtype=features.dtype, device=features.device)
        return sums.index_add(0, owners, features * shares[:, None])

    def options(self) -> dict[str, Any]:
        """Return the output, the windows and the head."""
        return dict(self._options)

    def facts(self) -> dict[str, str]:
        """Return the rate and the longest sound."""
        return {
            "sample_rate_hz": str(self._options["sample_rate_hz"]),
            "seconds_max": f"{self._options['seconds_max']:g}",
        }

    def save_assets(self, folder: Path) -> None:
        """Write the graph."""
        self.backbone.save(folder)

    def stored_weights(self) -> dict[str, Tensor]:
        """Return the head's tensors, and the backbone's where training may have changed them."""
        return beside_graph(self)
