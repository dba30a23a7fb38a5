import pytest

from training.networks.tokeniser import PADDING, TOKENS_MAX, load_tokeniser, pieces, train_tokeniser


@pytest.fixture(scope="module")
def tokeniser(tmp_path_factory):
    """Return a tokeniser that has been written to a file and read back."""
    path = tmp_path_factory.mktemp("pack") / "tokenizer.json"
    train_tokeniser(["a blue mug", "blue mugs", "蓝色的杯子"] * 5, 300).save(str(path))
    return load_tokeniser(path)


def test_chinese_characters_are_words(tokeniser):
    """Chinese needs no spaces."""
    assert ["[CLS]", "蓝", "色", "mug"] == tokeniser.encode("蓝色mug").tokens


def test_unseen_words_are_spelt(tokeniser):
    """A Latin word never seen is spelt in pieces, not lost."""
    assert "[UNK]" not in tokeniser.encode("Zxqwv").tokens


def test_full_width_and_capitals_are_folded(tokeniser):
    """ＢＬＵＥ is blue."""
    assert tokeniser.encode("blue").ids == tokeniser.encode("ＢＬＵＥ").ids


def test_batches_are_padded_and_cut(tokeniser):
    """An empty text still has its first piece; an endless one is cut."""
    batch = pieces(tokeniser, ["", "blue " * 500])
    assert (2, TOKENS_MAX) == batch.shape
    assert tokeniser.token_to_id("[CLS]") == batch[0, 0]
    assert bool((batch[0, 1:] == PADDING).all())
