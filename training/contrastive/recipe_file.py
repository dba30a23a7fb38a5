"""Recipes as TOML files: read with errors that name the field, written back with every default filled in."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from training.contrastive.recipe import Recipe
from training.errors import TrainingError

_ADAPTER = TypeAdapter(Recipe)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe; relative paths in the options of encoders start at the file's folder.

    Raises:
        TrainingError: the file is absent, no TOML, or a field is unknown or out of range.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: not a TOML file: {error}") from error
    return parse_recipe(values, str(path), path.parent)


def parse_recipe(values: dict[str, Any], source: str = "recipe", folder: Path | None = None) -> Recipe:
    """Build a recipe from plain values; *source* names them in errors."""
    try:
        recipe = _ADAPTER.validate_python(_with_paths(values, folder))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "recipe"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise TrainingError(f"{source}: {field}: {first['msg']}{more}") from error
    _check(recipe, source)
    return recipe


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as JSON values, defaults included."""
    values: dict[str, Any] = _ADAPTER.dump_python(recipe, mode="json")
    return values


def _check(recipe: Recipe, source: str) -> None:
    if recipe.optimiser.steps is not None and recipe.optimiser.epochs is not None:
        raise TrainingError(f"{source}: optimiser: give steps or epochs, not both")
    if not (recipe.loss.contrastive_weight or recipe.loss.prototype_weight):
        raise TrainingError(f"{source}: loss: contrastive_weight and prototype_weight are both 0")
    if recipe.fusion.width % recipe.fusion.heads:
        raise TrainingError(f"{source}: fusion: width must be a multiple of heads")


def _with_paths(values: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """Make the options that name an existing file or folder beside the recipe absolute."""
    if folder is None:
        return values
    resolved = dict(values)
    for modality in ("text", "image", "audio"):
        section = values.get(modality)
        if isinstance(section, dict) and isinstance(section.get("options"), dict):
            options = {name: _path(value, folder) for name, value in section["options"].items()}
            resolved[modality] = {**section, "options": options}
    return resolved


def _path(value: Any, folder: Path) -> Any:
    if isinstance(value, str) and value and (folder / value).exists():
        return str((folder / value).resolve())
    return value
