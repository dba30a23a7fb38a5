"""The weights of OpenAI's and OpenCLIP's CLIP under the names that transformers gives them."""

import re
from collections.abc import Iterator, Mapping

from torch import Tensor

_NAMES = (
    (r"visual\.class_embedding", "vision_model.embeddings.class_embedding"),
    (r"visual\.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
    (r"visual\.conv1\.", "vision_model.embeddings.patch_embedding."),
    # Misspelt in transformers.
    (r"visual\.ln_pre\.", "vision_model.pre_layrnorm."),
    (r"visual\.ln_post\.", "vision_model.post_layernorm."),
    (r"visual\.proj", "visual_projection.weight"),
    (r"visual\.transformer\.resblocks\.", "vision_model.encoder.layers."),
    (r"transformer\.resblocks\.", "text_model.encoder.layers."),
    (r"positional_embedding", "text_model.embeddings.position_embedding.weight"),
    (r"token_embedding\.", "text_model.embeddings.token_embedding."),
    (r"ln_final\.", "text_model.final_layer_norm."),
    (r"text_projection", "text_projection.weight"),
)
_INSIDE = (
    (".attn.", ".self_attn."),
    (".ln_1.", ".layer_norm1."),
    (".ln_2.", ".layer_norm2."),
    (".mlp.c_fc.", ".mlp.fc1."),
    (".mlp.c_proj.", ".mlp.fc2."),
)
# Stored for multiplication from the right.
_TURNED = frozenset({"visual_projection.weight", "text_projection.weight"})


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return *weights* under the names, and in the shapes, of transformers' CLIPModel."""
    return {new: tensor for name, value in weights.items() for new, tensor in _parts(_name(name), value)}


def _name(name: str) -> str:
    for pattern, replacement in _NAMES:
        name, found = re.subn(f"^{pattern}", replacement, name)
        if found:
            break
    for old, new in _INSIDE:
        name = name.replace(old, new)
    return name


def _parts(name: str, value: Tensor) -> Iterator[tuple[str, Tensor]]:
    if ".in_proj_" in name:
        # One matrix for queries, keys and values.
        before, _, kind = name.partition("in_proj_")
        for part, rows in zip("qkv", value.chunk(3), strict=True):
            yield f"{before}{part}_proj.{kind}", rows
    else:
        yield name, value.T if name in _TURNED else value
