"""The code of a pack's models: none but the line that names the class which serves them.

Triton runs a model's `model.py`. A pack may come from anybody, so all that a `model.py` may do is to import its class
from this project; and weights lie in formats that hold numbers, never in pickles, which can run anything.
"""

import ast
import shutil
from pathlib import Path

from tritonclient.grpc import model_config_pb2

from triptych.packs.pack import PackError

SERVING = "training.serving"
MODEL_CLASS = "TritonPythonModel"
BACKEND = "python"
# The parameter by which Triton's Python backend takes an interpreter and packages of the model's own.
ENVIRONMENT = "EXECUTION_ENV_PATH"
_PICKLES = frozenset({".bin", ".ckpt", ".dill", ".joblib", ".mar", ".pickle", ".pkl"})
_PROGRAMS = frozenset({".dll", ".dylib", ".exe", ".pt", ".pth", ".pyc", ".pyd", ".sh", ".so"})


def check_code(folder: Path) -> None:
    """Check that the pack in *folder* brings nothing that runs, in a model or anywhere else.

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


def check_runtime(config: "model_config_pb2.ModelConfig", path: Path) -> None:
    """Check that the model of the configuration at *path* is run by its model.py in the server's own Python.

    Raises:
        PackError: it asks for another backend, or names a library, a program or an environment of its own.
    """
    asked = {
        "backend": config.backend != BACKEND,
        "platform": config.platform,
        "runtime": config.runtime,
        "default_model_filename": config.default_model_filename not in {"", "model.py"},
        "cc_model_filenames": config.cc_model_filenames,
        "model_operations": config.model_operations.op_library_filename,
        "model_repository_agents": config.model_repository_agents.agents,
        ENVIRONMENT: ENVIRONMENT in config.parameters,
    }
    for name, is_asked in asked.items():
        if is_asked:
            raise PackError(
                f"{path} could run code of its own by its {name}; a pack's models are run by model.py"
            )


def remove_bytecode(folder: Path) -> None:
    """Remove what Python compiled in *folder*: a stranger's may be other code than that which was verified.

    Raises:
        OSError: it cannot be removed.
    """
    for compiled in [*folder.rglob("__pycache__")]:
        shutil.rmtree(compiled)


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
    if isinstance(node, ast.Assign):
        # What is assigned to is looked at, too: it can be any expression, and is evaluated.
        return ast.unparse(node) == f"__all__ = ['{MODEL_CLASS}']"
    if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
        return False
    inside = node.module.startswith(f"{SERVING}.")
    return inside and all(name.asname in {None, MODEL_CLASS} for name in node.names)
