"""Write a pack from networks in memory: `write_pack`.

The folder appears whole or not at all: everything is written beside it, verified, and moved into place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training import triton_config
from training.errors import TrainingError
from training.networks.encoder import ModalityEncoder
from training.networks.fusion import FusionHeads
from training.networks.registry import save_encoder
from training.packs.fusion import save_fusion
from training.packs.parameters import parameters_in, parameters_of
from training.packs.seal import Facts, seal
from triptych.packs.pack import ENCODERS, ModelEntry, Pack, PackError, read_pack
from triptych.packs.staging import staged

Part = Callable[[Path], None]


def write_pack(
    folder: Path,
    *,
    name: str,
    version: str,
    encoders: Mapping[str, ModalityEncoder],
    fusion: FusionHeads | None,
    licence: str,
    languages: Sequence[str],
    figures: Mapping[str, float],
    recipe: Mapping[str, Any],
    half: bool = True,
    parts: Mapping[str, Part] = {},
    about: str = "",
    limits: Sequence[str] = (),
    requires: Sequence[str] = (),
) -> Pack:
    """Write the pack to *folder*, replacing a pack that is there; return it verified.

    Args:
        folder: where to; its parents are made.
        name: with the version in front of its spaces: "shop" and "1" give "shop-1/text" ….
        version: letters, digits, points.
        encoders: by modality, "text", "image", "audio"; at least one; all of one dimension.
        fusion: heads of that dimension; None: no fusion room serves such a pack.
        licence: an SPDX expression, or words.
        languages: such as "en"; empty where none was trained on.
        figures: how good it is, the most telling figure first.
        recipe: what it was made from and how: JSON.
        half: store fractions as float16.
        parts: further models ("ranker", "describer", "transcriber"): each function writes its model's folder, in
            which it finds nothing, with config.pbtxt, 1/model.py and what belongs to them.
        about: sentences for the model card: what it is and what it was trained on.
        limits: what it cannot do, a sentence each, for the card too.
        requires: packages that the *parts* import, beside those of every pack and of the encoders.

    Raises:
        TrainingError: the networks do not make a pack; nothing was written.
    """
    dimension = one_dimension(encoders, fusion)
    models: dict[str, ModelEntry] = {}
    with _whole_folder(folder) as staging:
        for modality, encoder in encoders.items():
            model = ENCODERS[modality]
            triton_config.write_encoder(
                staging / model, encoder, pack=name, version=version, languages=languages
            )
            save_encoder(encoder, staging / model / "1", half=half)
            models[model] = ModelEntry(encoder.kind, parameters_of(encoder))
        if fusion is not None:
            models["fusion"] = ModelEntry("heads", parameters_of(fusion))
            triton_config.write_fusion(staging / "fusion", dimension, pack=name, version=version)
            save_fusion(fusion, staging / "fusion" / "1", half=half)
        for model, write in parts.items():
            write(staging / model)
            models[model] = ModelEntry(model, parameters_in(staging / model))
        facts = Facts(
            name=name, version=version, licence=licence, languages=tuple(languages), models=models,
            requires=_packages(encoders, requires), figures=dict(figures), recipe=dict(recipe),
            about=about, limits=tuple(limits),
        )  # fmt: skip
        seal(staging, facts)
    return read_pack(folder)


def _packages(encoders: Mapping[str, ModalityEncoder], parts: Sequence[str]) -> tuple[str, ...]:
    """Return all packages that the models import, each once."""
    encoding = (name for encoder in encoders.values() for name in encoder.requires)
    return tuple(dict.fromkeys(("torch", "safetensors", *encoding, *parts)))


def one_dimension(encoders: Mapping[str, ModalityEncoder], fusion: FusionHeads | None = None) -> int:
    """Return the dimension that all agree on.

    Raises:
        TrainingError: they do not, or there are none.
    """
    if not encoders or encoders.keys() - ENCODERS.keys():
        raise TrainingError(f"a pack needs encoders of {', '.join(ENCODERS)}; given are {list(encoders)}")
    dimensions = {name: encoder.dimension for name, encoder in encoders.items()}
    if fusion is not None:
        dimensions["fusion"] = fusion.dimension
    if len(set(dimensions.values())) > 1:
        raise TrainingError(f"all models of a pack share one dimension; given are {dimensions}")
    return next(iter(dimensions.values()))


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder that becomes *folder* at the end; what goes wrong is told in the words of the training."""
    try:
        with staged(folder) as staging:
            yield staging
    except PackError as error:
        raise TrainingError(f"the models do not make a sound pack: {error}") from error
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written: {error.strerror or error}") from error
