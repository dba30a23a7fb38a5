"""The fusion heads of a pack as files: fusion.json says how they are built, model.safetensors what they learned."""

import json
from pathlib import Path

from safetensors.torch import load_file

from training.networks.fusion import FusionHeads, LearnedFusion, compact_fusion_heads
from training.pack import save_weights

OPTIONS_FILE = "fusion.json"
WEIGHTS_FILE = "model.safetensors"


def save_fusion(heads: FusionHeads, folder: Path, *, half: bool = True) -> None:
    """Write *heads* into *folder*; *half* stores fractions as float16."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / OPTIONS_FILE).write_text(json.dumps(options_of(heads)) + "\n")
    save_weights(folder / WEIGHTS_FILE, heads, half=half)


def load_fusion(folder: Path) -> FusionHeads:
    """Return the heads in *folder*, ready to fuse; without fusion.json they are built as the demonstration pack's."""
    path = folder / OPTIONS_FILE
    heads = FusionHeads(**json.loads(path.read_text())) if path.exists() else compact_fusion_heads()
    heads.load_state_dict(load_file(folder / WEIGHTS_FILE))
    return heads.float().eval()


def untrained_fusion(dimension: int) -> FusionHeads:
    """Return heads that have learned nothing: every strategy is exactly the weighted sum, at unit length."""
    return FusionHeads(rank=8, width=16, layers=1, heads=2, dimension=dimension)


def options_of(heads: FusionHeads) -> dict[str, int]:
    """Return the arguments that build heads of the same shape."""
    learned: LearnedFusion = heads.learned
    return {
        "rank": heads.bilinear.out.in_features,
        "width": learned.vector.out_features,
        "layers": len(learned.blocks),
        "heads": getattr(learned.blocks[0], "heads"),  # noqa: B009 - torch knows the blocks as modules only
        "dimension": heads.dimension,
    }
