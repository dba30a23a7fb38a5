"""The towers of CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023) and CLAP (Wu et al. 2023), one at a time."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from transformers.models.clap.modeling_clap import ClapAudioModel, ClapProjectionLayer, ClapTextModel
from transformers.models.clip.modeling_clip import CLIPTextModel, CLIPVisionModel
from transformers.models.siglip.modeling_siglip import SiglipTextModel, SiglipVisionModel

from training.errors import TrainingError


class Tower(nn.Module):
    """One modality's model and its projection into the shared space of *width* dimensions."""

    def __init__(self, model: nn.Module, projection: nn.Module, width: int) -> None:
        super().__init__()
        self.model = model
        self.projection = projection
        self.width = width

    def forward(self, **inputs: Tensor) -> Tensor:
        """Return what `get_*_features` of the whole model returns, [B, width], before it is scaled."""
        projected: Tensor = self.projection(self.model(**inputs).pooler_output)
        return projected


def _clip_text(config: Any) -> Tower:
    part, width = config.text_config, config.projection_dim
    return Tower(CLIPTextModel(part), nn.Linear(part.hidden_size, width, bias=False), width)


def _clip_image(config: Any) -> Tower:
    part, width = config.vision_config, config.projection_dim
    return Tower(CLIPVisionModel(part), nn.Linear(part.hidden_size, width, bias=False), width)


def _siglip_text(config: Any) -> Tower:
    return Tower(SiglipTextModel(config.text_config), nn.Identity(), config.text_config.projection_size)


def _siglip_image(config: Any) -> Tower:
    return Tower(SiglipVisionModel(config.vision_config), nn.Identity(), config.vision_config.hidden_size)


def _clap_text(config: Any) -> Tower:
    part = config.text_config
    return Tower(ClapTextModel(part), ClapProjectionLayer(part), part.projection_dim)


def _clap_audio(config: Any) -> Tower:
    part = config.audio_config
    return Tower(ClapAudioModel(part), ClapProjectionLayer(part), part.projection_dim)


_BUILDERS: Mapping[str, Mapping[str, Callable[[Any], Tower]]] = {
    "clip": {"text": _clip_text, "image": _clip_image},
    "siglip": {"text": _siglip_text, "image": _siglip_image},
    "clap": {"text": _clap_text, "audio": _clap_audio},
}
# What the parts are called inside the whole models.
_NAMES = {
    "text": ("text_model", "text_projection"),
    "image": ("vision_model", "visual_projection"),
    "audio": ("audio_model", "audio_projection"),
}


def modalities_of(config: Any) -> tuple[str, ...]:
    """Return what the family of models that *config* is of encodes; nothing for families without towers."""
    return tuple(_BUILDERS.get(config.model_type, ()))


def build_tower(config: Any, modality: str) -> Tower:
    """Return the tower of *modality* without its weights.

    Raises:
        TrainingError: this family of models has no such tower.
    """
    builder = _BUILDERS.get(config.model_type, {}).get(modality)
    if builder is None:
        raise TrainingError(
            f"a model of type {config.model_type} has no {modality} tower; known are CLIP, SigLIP, CLAP"
        )
    return builder(config)


def take_tower(whole: Any, modality: str) -> Tower:
    """Return the tower of *modality* out of a whole model, weights included."""
    tower = build_tower(whole.config, modality)
    model, projection = _NAMES[modality]
    tower.model.load_state_dict(getattr(whole, model).state_dict())
    if hasattr(whole, projection):
        tower.projection.load_state_dict(getattr(whole, projection).state_dict())
    return tower.eval()
