"""A pretrained model as a pack."""

from pathlib import Path

from training.errors import TrainingError
from training.imports import import_encoders
from training.packs.fusion import untrained_fusion
from training.packs.write import one_dimension, write_pack
from triptych.packs.pack import Pack

_LIMITS = (
    "Nothing was trained here; how good the model is for a shop's goods, `triptych evaluate` tells.",
    "The fusion heads are untrained: every strategy is exactly the weighted sum of the parts, at unit length.",
)


def bring(
    source: Path,
    kind: str,
    folder: Path,
    *,
    name: str,
    version: str,
    licence: str,
    languages: tuple[str, ...],
) -> Pack:
    """Write the model in *source* as a pack to *folder*; its vectors stay those of the model.

    Args:
        source: a folder or file of the model.
        kind: "transformers", "open_clip" or "onnx".
        folder: of the pack.
        name: of the pack.
        version: of the pack.
        licence: of the model; whoever publishes it says which.
        languages: such as "en"; empty where its texts are of no language in particular.

    Raises:
        TrainingError: the model cannot be read, or makes no pack.
    """
    if not licence:
        raise TrainingError("name the licence of the model, as its publisher does: --licence Apache-2.0")
    encoders = import_encoders(source, kind)
    return write_pack(
        folder,
        name=name,
        version=version,
        encoders=encoders,
        fusion=untrained_fusion(one_dimension(encoders)),
        licence=licence,
        languages=languages,
        figures={},
        recipe={"imported": {"kind": kind, "from": source.name}},
        # Half precision would change the vectors.
        half=False,
        about=f"The encoders of a pretrained model ({kind}, {source.name}), imported as they are.",
        limits=_LIMITS,
    )
