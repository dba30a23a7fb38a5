"""The describer: what it may look at, what it learns, and how it is written down."""

import json

import pytest
import torch

from training.describe.sentences import BEGIN, END, framed, train_sentence_tokeniser
from training.describe.train import DescriberRecipe, train_describer
from training.describe.write import write_describer
from training.errors import TrainingError
from training.loop import Schedule
from training.networks.describer import Describer, DescriberShape
from training.networks.image import ImageEncoder

SHAPE = DescriberShape(features=6, vocabulary=20, pieces_max=8, width=16, layers=1, heads=2)
QUICK = DescriberRecipe(
    feature_noise=0.0, label_smoothing=0.0, schedule=Schedule(steps=150, batch=8, learning_rate=1e-2)
)


def test_a_score_never_depends_on_later_pieces():
    """Otherwise the sentence could not be written piece after piece."""
    torch.manual_seed(0)
    network = Describer(SHAPE).eval()
    features, pieces = torch.randn(3, 6), torch.randint(3, 20, (3, 5))
    changed = pieces.clone()
    changed[:, 3:] = 7

    before, after = network(features, pieces), network(features, changed)

    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


@pytest.fixture(scope="module")
def learned():
    """A describer of four kinds of pictures, each with a sentence of its own."""
    texts = ["A red mug.", "A blue hat.", "Two green socks.", "红色的杯子。"]
    tokeniser = train_sentence_tokeniser(texts, 320)
    sentences = framed(tokeniser, texts, 12)
    shape = DescriberShape(4, tokeniser.get_vocab_size(), pieces_max=12, width=32, layers=1, heads=2)
    return train_describer(torch.eye(4), sentences, torch.arange(4), shape, QUICK), tokeniser, texts


def test_it_learns_to_say_what_it_sees(learned):
    """Each kind of features gets its own sentence back, whole, and the model is sure of it."""
    describer, tokeniser, texts = learned

    pieces, confidence = describer.describe(torch.eye(4), BEGIN, END)

    assert texts == tokeniser.decode_batch(pieces)
    assert (confidence > 0.9).all()
    assert (confidence <= 1).all()


def test_sentences_of_a_batch_do_not_touch_one_another(learned):
    """A short sentence beside a longer one is what it is alone, with the same confidence."""
    describer, _, _ = learned

    together, confidence = describer.describe(torch.eye(4), BEGIN, END)

    for at in range(4):
        alone, sure = describer.describe(torch.eye(4)[at : at + 1], BEGIN, END)
        assert together[at] == alone[0]
        torch.testing.assert_close(confidence[at], sure[0])


def test_the_same_seed_makes_the_same_describer():
    """Weights and batches come from the seed alone."""
    sentences = torch.tensor([[BEGIN, 5, 6, END], [BEGIN, 7, END, 0]])
    recipe = DescriberRecipe(schedule=Schedule(steps=5, batch=4, learning_rate=1e-2))

    first, second = (
        train_describer(torch.randn(2, 6, generator=torch.Generator().manual_seed(1)), sentences,
                        torch.tensor([0, 1]), SHAPE, recipe)
        for _ in range(2)
    )  # fmt: skip

    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_nothing_to_learn_from_is_an_error():
    """No sentence, no describer."""
    with pytest.raises(TrainingError, match="no picture has a sentence"):
        train_describer(torch.zeros(2, 6), torch.zeros(0, 4), torch.zeros(0), SHAPE, QUICK)


def test_it_is_written_beside_its_image_encoder(learned, tmp_path):
    """The configuration takes pictures as the image encoder does; the files are enough to make it again."""
    describer, tokeniser, _ = learned
    image = ImageEncoder(8, channels=(2, 4), blocks=(1,), height=24, width=32)

    write_describer(tmp_path / "describer", describer, tokeniser, image, pack="shop", version="3")

    config = (tmp_path / "describer" / "config.pbtxt").read_text()
    assert "dims: [24, 32, 3]" in config
    assert 'key: "pack" value: { string_value: "shop" }' in config
    described = json.loads((tmp_path / "describer" / "1" / "describer.json").read_text())
    assert describer.shape == DescriberShape(**described["shape"])
    assert not list(tmp_path.rglob("*.partial"))
