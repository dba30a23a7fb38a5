"""Models of the transformers library from folders on this machine: never from a hub, never with code or pickles of theirs."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils import logging

from training.errors import TrainingError
from training.files import write_whole

BACKBONE = "backbone"
_LOCAL = {"local_files_only": True, "trust_remote_code": False}
# Where a folder lay on the machine that saved it is nobody's business.
_PRIVATE = ("_name_or_path", "name_or_path")

logging.set_verbosity_error()
logging.disable_progress_bar()


def local_folder(path: str | Path) -> Path:
    """Return *path*, which must be a folder with a config.json.

    Raises:
        TrainingError: it is not; names of models on a hub are not looked up.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise TrainingError(f"{path} is no folder on this machine; models are never fetched from a hub")
    if not (folder / "config.json").is_file():
        raise TrainingError(f"{folder} holds no transformers model: it has no config.json")
    return folder


def load_backbone(folder: Path) -> tuple[Any, set[str]]:
    """Return the model in *folder* in float32, and the names of weights that the folder lacks.

    Raises:
        TrainingError: the library cannot load it, or it holds weights of something else.
    """
    if not any(folder.glob("*.safetensors")):
        raise TrainingError(
            f"{folder} has no .safetensors; other files of weights can run code and are not read"
        )
    try:
        model, report = AutoModel.from_pretrained(
            folder, **_LOCAL, use_safetensors=True, output_loading_info=True, dtype=torch.float32
        )
    except Exception as error:
        # The library raises OSError, ValueError, KeyError, RuntimeError, SafetensorError and more.
        raise TrainingError(f"{folder} cannot be loaded by transformers: {_first_line(error)}") from error
    missing = set(report["missing_keys"])
    needed = sorted(name for name in missing if "pooler" not in name)
    if needed or report.get("mismatched_keys"):
        raise TrainingError(
            f"{folder} lacks weights of its model, such as {(needed or ['(other shapes)'])[0]}"
        )
    return model, missing


def load_config(folder: Path) -> Any:
    """Return the configuration of the model in *folder*.

    Raises:
        TrainingError: the library cannot read it.
    """
    try:
        return AutoConfig.from_pretrained(folder, **_LOCAL)
    except Exception as error:
        raise TrainingError(
            f"{folder} has no configuration that transformers knows: {_first_line(error)}"
        ) from error


def load_tokeniser(folder: Path) -> Any:
    """Return the tokeniser in *folder*.

    Raises:
        TrainingError: there is none that the library can load.
    """
    try:
        return AutoTokenizer.from_pretrained(folder, **_LOCAL)
    except Exception as error:
        # A class that needs a package which is not here: its tokenizer.json says the same.
        if not (folder / "tokenizer.json").is_file():
            raise TrainingError(
                f"{folder} has no tokeniser that can be loaded: {_first_line(error)}"
            ) from error
    return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


def save_files(folder: Path, *saves: Callable[[str], Any]) -> None:
    """Put what the *saves* write (given a folder) into *folder*/backbone, each file whole or not at all."""
    target = folder / BACKBONE
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for save in saves:
            save(temporary)
        for path in Path(temporary).iterdir():
            write_whole(target / path.name, _without_places(path))


def _without_places(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name not in {"config.json", "tokenizer_config.json"}:
        return content
    values = {name: value for name, value in json.loads(content).items() if name not in _PRIVATE}
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or repr(error)).splitlines()[0]
