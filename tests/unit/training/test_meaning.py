import torch

from training.attributes import VALUES, codes, prototypes, targets
from training.meaning import meaning

TEXT, IMAGE, AUDIO, PRODUCT = range(4)
MUG = {"category": "mug", "colour": "red", "pattern": "plain", "material": "wood"}


def _meaning(*parts):
    """Take (modality, attributes, weight) triples."""
    modalities, named, weights = zip(*parts, strict=True)
    return meaning(codes(named)[None], torch.tensor([weights]), torch.tensor([modalities]))[0]


def _share(vector, attribute, value):
    at = list(VALUES).index(attribute)
    return float(prototypes()[at][VALUES[attribute].index(value)] @ vector)


def test_a_single_part_means_what_it_names():
    """One part alone stands for its own target, whatever its weight."""
    torch.testing.assert_close(_meaning((IMAGE, MUG, 0.2)), targets(codes([MUG]))[0])


def test_words_change_what_a_picture_shows():
    """A photo of a red mug and "but blue" mean a blue mug, nearly without red."""
    mixed = _meaning((IMAGE, MUG, 1.0), (TEXT, {"colour": "blue"}, 1.0))
    wanted = targets(codes([{**MUG, "colour": "blue"}]))[0]
    assert mixed @ wanted > 0.99


def test_words_of_small_weight_change_little():
    """The same words with a tenth of the weight leave the mug red."""
    mixed = _meaning((IMAGE, MUG, 1.0), (TEXT, {"colour": "blue"}, 0.1))
    assert _share(mixed, "colour", "red") > 0.3 > _share(mixed, "colour", "blue")


def test_modalities_that_agree_change_nothing():
    """Photo, words and voice about one thing mean that thing."""
    mixed = _meaning((IMAGE, MUG, 1.0), (TEXT, {"colour": "red"}, 1.0), (AUDIO, {"category": "mug"}, 1.0))
    assert mixed @ targets(codes([MUG]))[0] > 0.99


def test_negative_parts_push_off():
    """A mug, but not red, lies opposite to red."""
    mixed = _meaning((TEXT, {"category": "mug"}, 1.0), (TEXT, {"colour": "red"}, -1.0))
    assert _share(mixed, "category", "mug") > 0.8
    assert _share(mixed, "colour", "red") < -0.4


def test_negative_words_take_away_what_a_picture_shows():
    """A photo of a red mug, but not red, is not red any more."""
    mixed = _meaning((IMAGE, MUG, 1.0), (TEXT, {"colour": "red"}, -0.7))
    assert _share(mixed, "colour", "red") < 0
    assert _share(mixed, "category", "mug") > 0.4


def test_a_product_speaks_like_a_picture():
    """A product with words that change it is understood as its photo with the same words."""
    by_photo = _meaning((IMAGE, MUG, 1.0), (TEXT, {"colour": "blue"}, 1.0))
    by_product = _meaning((PRODUCT, MUG, 1.0), (TEXT, {"colour": "blue"}, 1.0))
    torch.testing.assert_close(by_product, by_photo)
