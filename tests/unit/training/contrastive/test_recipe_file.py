import json
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from training.contrastive.recipe import (
    EncoderRecipe,
    FusionRecipe,
    HardNegativesRecipe,
    LossRecipe,
    OptimiserRecipe,
    Recipe,
    WatchRecipe,
)
from training.contrastive.recipe_file import parse_recipe, read_recipe, recipe_values
from training.errors import TrainingError

SECTIONS = (
    Recipe,
    EncoderRecipe,
    LossRecipe,
    OptimiserRecipe,
    HardNegativesRecipe,
    WatchRecipe,
    FusionRecipe,
)
GUIDE = Path(__file__).parents[4] / "docs" / "training" / "train.md"


def _written(tmp_path, text):
    path = tmp_path / "r.toml"
    path.write_text(text)
    return path


def test_a_file_fills_in_every_default(tmp_path):
    """What a file leaves out is the default; what it says counts."""
    recipe = read_recipe(
        _written(tmp_path, 'seed = 3\n[text]\nkind = "transformer"\n[loss]\nkind = "sigmoid"\n')
    )
    assert (3, "transformer", "sigmoid") == (recipe.seed, recipe.text.kind, recipe.loss.kind)
    assert OptimiserRecipe() == recipe.optimiser
    assert {"text"} == set(recipe.encoders())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = [", "not a TOML file"),
        ("sed = 3", "sed: Unexpected keyword argument"),
        ("[loss]\nkind = 'triplet'", "loss.kind: Input should be 'info_nce' or 'sigmoid'"),
        ("[optimiser]\nbatch = 1", "optimiser.batch: Input should be greater than or equal to 2"),
        ("[optimiser]\nsteps = 5\nepochs = 2", "give steps or epochs, not both"),
        ("[loss]\nsmoothing = nan", "loss.smoothing"),
        ("[image]\nlearning_rate = 1.0", "image.kind: Field required"),
        ("[loss]\ncontrastive_weight = 0", "are both 0"),
        ("[fusion]\nwidth = 30\nheads = 4", "multiple of heads"),
    ],
)
def test_errors_name_file_and_field(tmp_path, text, message):
    """Whatever is wrong in a recipe, one sentence says where."""
    path = _written(tmp_path, text)
    with pytest.raises(TrainingError) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_absent_file_is_named(tmp_path):
    """A recipe that is not there is said so."""
    with pytest.raises(TrainingError, match=r"none\.toml: No such file"):
        read_recipe(tmp_path / "none.toml")


def test_paths_start_at_the_recipe(tmp_path):
    """A backbone beside the recipe is found from any folder."""
    (tmp_path / "b.onnx").write_bytes(b"x")
    recipe = read_recipe(
        _written(tmp_path, '[image]\nkind = "onnx"\noptions = {path = "b.onnx", head = "mlp"}')
    )
    assert {"path": str(tmp_path / "b.onnx"), "head": "mlp"} == recipe.image.options


def test_values_make_the_same_recipe_again():
    """What is written into a pack can be read back, through JSON too."""
    recipe = parse_recipe({"text": {"kind": "bag_of_words"}, "optimiser": {"epochs": 3.0}})
    assert recipe == parse_recipe(json.loads(json.dumps(recipe_values(recipe))))


def test_every_field_is_described_and_in_the_guide():
    """Nobody has to read code to write a recipe."""
    guide = GUIDE.read_text()
    for section in SECTIONS:
        for one in fields(section):
            description = section.__pydantic_fields__[one.name].description
            assert description, f"{section.__name__}.{one.name}"
            assert f"`{one.name}`" in guide, one.name
    assert is_dataclass(Recipe)
