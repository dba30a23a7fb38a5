"""The code of a pack's models: none but the line that names the class which serves them.

Triton runs a model's `model.py`. A pack may come from anybody, so all that a `model.py` may do is to import its class
from this project; and weights lie in formats that hold numbers, never in pickles, which can run anything.
"""

import ast
from pathlib import Path

from triptych.packs.pack import PackError

SERVING = "training.serving"
MODEL_CLASS = "TritonPythonModel"
_PICKLES = frozenset({".bin", ".ckpt", ".dill", ".joblib", ".mar", ".pickle", ".pkl"})
_PROGRAMS = frozenset({".dll", ".dylib", ".exe", ".pt", ".pth", ".pyc", ".pyd", ".sh", ".so"})


def check_code(folder: Path) -> None:
    """Check that the model in *folder* brings nothing that runs.

    Raises:
        PackError: it does.
    """
    for path in sorted(folder.rglob("*")):
        if "__pycache__" in path.parts or not path.is_file():
            continue
        if path.suffix == ".py":
            _check_import(path)
        elif path.suffix in _PICKLES | _PROGRAMS:
            raise PackError(f"{path} could run code of its own; weights belong into .safetensors or .onnx")


def _check_import(path: Path) -> None:
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise PackError(f"{path} is no Python: {error}") from error
    if path.name != "model.py" or not all(_is_docstring(node) or _is_class(node) for node in tree.body):
        raise PackError(
            f"{path} brings code of its own; a model.py may only import {MODEL_CLASS} from {SERVING}"
        )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_class(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):  # __all__ = ["TritonPythonModel"]
        return isinstance(node.value, ast.List) and all(
            isinstance(item, ast.Constant) for item in node.value.elts
        )
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return False
    inside = node.module.startswith(f"{SERVING}.")
    return inside and all(name.asname in {None, MODEL_CLASS} for name in node.names)
