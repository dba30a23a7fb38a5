"""A sensible recipe for data of any shape, so that `triptych train DATA --to FOLDER` works without one."""

from training.contrastive.recipe import EncoderRecipe, FusionRecipe, LossRecipe, OptimiserRecipe, Recipe
from training.data.records import Dataset

_BATCH_MAX = 128
# Fewer records than this a label on average: labels name products, not classes to be learned as such.
_RECORDS_PER_CLASS_MIN = 4
_SMALL = 5_000


def default_recipe(dataset: Dataset) -> Recipe:
    """Return the recipe for data of this shape: compact encoders from nothing for the modalities it has.

    Classes with several records each are also learned as classes, by a prototype each: with few records a softmax
    over all classes teaches faster than the wrong answers that happen to meet in a batch.
    """
    records = [one for one in dataset.records if one.split != "test"]
    labels = {one.label for one in records if one.label is not None}
    is_classes = bool(labels) and len(records) >= _RECORDS_PER_CLASS_MIN * len(labels)
    text, image, audio = (own if name in dataset.modalities else None for name, own in _ENCODERS.items())
    only_one = len(dataset.modalities) == 1
    return Recipe(
        text=text,
        image=image,
        audio=audio,
        loss=LossRecipe(prototype_weight=1.0 if is_classes else 0.0, within=only_one),
        optimiser=OptimiserRecipe(batch=min(_BATCH_MAX, max(2, len(records) // 4))),
        fusion=FusionRecipe(steps=600 if len(records) < _SMALL else 1500),
    )


_ENCODERS = {
    "text": EncoderRecipe(kind="bag_of_words", augment=True),
    "image": EncoderRecipe(kind="cnn", learning_rate=2e-3, augment=True),
    "audio": EncoderRecipe(kind="mfcc", learning_rate=1.5e-3, augment=True),
}
