from dataclasses import replace

import pytest
import torch

from training.contrastive.fusion_bank import Bank, Phrases
from training.contrastive.fusion_mixtures import (
    IMAGE,
    TEXT,
    LessonSampler,
    changes,
    kinds_of,
    mixtures_of,
    query_vectors,
)
from training.contrastive.fusion_stage import new_heads, train_fusion_heads, unfused_loss
from training.contrastive.fusion_table import COMPOSED, composed_queries, fusion_table, fusions
from training.contrastive.recipe import FusionRecipe
from training.metrics import precision
from training.networks.blocks import unit

SHADES, KINDS, DIMENSION = 4, 5, 24
RECIPE = FusionRecipe(steps=150, batch=48, rank=16, width=32, layers=1, heads=2, learning_rate=3e-3)


def _normal(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _bank(copies=3, seed=0):
    """Return products of 4 shades and 5 kinds; texts and pictures lie apart, as modalities do (Liang et al. 2022)."""
    shades, kinds, gaps = (
        _normal(SHADES, DIMENSION, seed=1),
        _normal(KINDS, DIMENSION, seed=2),
        _normal(2, DIMENSION, seed=3),
    )
    codes = torch.cartesian_prod(torch.arange(KINDS), torch.arange(SHADES)).repeat(copies, 1)
    # A picture shows its shade as loudly as words name another one: adding them up is not enough.
    meant = kinds[codes[:, 0]] + 1.2 * shades[codes[:, 1]]
    noise = 0.2 * _normal(2, len(codes), DIMENSION, seed=seed + 4)
    vectors = torch.zeros(len(codes), 3, DIMENSION)
    vectors[:, TEXT] = unit(meant + 1.5 * gaps[0] + noise[0])
    vectors[:, IMAGE] = unit(meant + 1.5 * gaps[1] + noise[1])
    present = torch.tensor([True, True, False]).repeat(len(codes), 1)
    values = {"kind": tuple("abcde"), "shade": tuple("rgby")}
    return Bank(vectors, present, codes[:, 0] * SHADES + codes[:, 1], codes, values)


def _phrases():
    vectors = unit(_normal(SHADES, DIMENSION, seed=1) + 1.5 * _normal(2, DIMENSION, seed=3)[0])
    return Phrases(vectors, torch.ones(SHADES).long(), torch.arange(SHADES))


@pytest.fixture(scope="module")
def heads():
    """Return heads trained on the products."""
    torch.set_num_threads(1)
    return train_fusion_heads(_bank(), _phrases(), RECIPE, seed=0).requires_grad_(False)


def _gap(fuse, bank):
    """Return how far the scores of strangers without a picture lie from those with one, in standard deviations."""
    queries = bank.vectors[:, IMAGE]
    with_picture = fuse(*mixtures_of(bank, bank.present).parts)
    without = fuse(*mixtures_of(bank, bank.present & torch.tensor([True, False, True])).parts)
    strangers = bank.groups[:, None] != bank.groups[None]
    one, other = (queries @ with_picture.T)[strangers], (queries @ without.T)[strangers]
    return ((one.mean() - other.mean()) / one.std()).abs().item()


@pytest.mark.slow
def test_a_missing_modality_neither_lifts_nor_sinks(heads):
    """Asked with a picture, products with and without one score alike once trained, and did not before."""
    bank, ways = _bank(seed=10), fusions(heads)
    assert _gap(ways["weighted_sum"], bank) > 1.0
    assert _gap(ways["learned"], bank) < 0.3


def test_any_part_names_the_product(heads):
    """Among products of which some lack parts, trained heads find what a single part asks for."""
    trained, plain = (
        {
            (row.asked_with, row.figure): row.by_fusion
            for row in fusion_table(_bank(seed=10), _phrases(), ways)
        }
        for ways in (fusions(heads), fusions(None))
    )
    found = [trained[asked, "recall@1 mixed"]["learned"] for asked in ("text", "image", "text + image")]
    before = [plain[asked, "recall@1 mixed"]["weighted_sum"] for asked in ("text", "image", "text + image")]
    assert min(found) > 0.9
    assert sum(found) > sum(before)


def test_a_query_of_one_part_is_that_part(heads):
    """As the gateway serves it: one part goes past fusion, several through it."""
    bank = _bank(copies=1)
    only_text = bank.present & torch.tensor([True, False, False])
    assert torch.equal(bank.vectors[:, TEXT], query_vectors(heads.learned, mixtures_of(bank, only_text)))
    both = mixtures_of(bank, bank.present)
    assert torch.equal(heads.learned(*both.parts), query_vectors(heads.learned, both))


def test_changing_words_change_the_product(heads):
    """A picture and the word for another shade find that kind in that shade better than a weighted sum does."""
    rows = fusion_table(_bank(seed=10), _phrases(), fusions(heads))
    composed = next(row for row in rows if row.asked_with == COMPOSED)
    assert composed.queries == 60
    assert composed.by_fusion["learned"] > 1.3 * composed.by_fusion["weighted_sum"]


def test_the_table_has_every_subset_of_modalities(heads):
    """Every non-empty subset that records have, for each way to fuse."""
    bank = _bank(copies=1)
    bank.present[::2, 2] = True
    bank.vectors[::2, 2] = bank.vectors[::2, TEXT]
    rows = fusion_table(bank, _phrases(), fusions(heads))
    subsets = {
        "text",
        "image",
        "audio",
        "text + image",
        "text + audio",
        "image + audio",
        "text + image + audio",
    }
    assert subsets | {COMPOSED} == {row.asked_with for row in rows}
    assert {"weighted_sum", "weighted", "concatenation", "bilinear", "learned"} == set(rows[0].by_fusion)


def test_lessons_hold_the_unchanged_product_as_a_wrong_answer():
    """Of a composed query, every candidate that answers has the new value and the old kind; the source is wrong."""
    bank = _bank()
    lesson = LessonSampler(bank, _phrases(), 1.0, seed=3).draw(20)
    assert (20, 40) == lesson.right.shape
    assert lesson.right[:, :20].diagonal().all()
    assert not lesson.right[:, 20:].diagonal().any()


def test_modality_dropout_leaves_at_least_one_part():
    """Every candidate and query has a part, and every subset occurs."""
    lesson = LessonSampler(_bank(), _phrases(), 0.0, seed=3).draw(200)
    assert (lesson.candidates.weights.sum(1) > 0).all()
    assert (lesson.queries.weights.sum(1) > 0).all()
    assert {1, 2, 3} == set(lesson.kinds.tolist())


def test_words_change_only_to_products_that_exist():
    """What nobody sells in another shade has no changes; the others list the rows equal but for the shade."""
    bank = _bank(copies=1)
    rows = bank.take(torch.tensor([0, 1, 4]))
    assert {0: [(1, 1, [1])], 1: [(1, 0, [0])]} == changes(rows, _phrases())


def test_kinds_number_the_sets_of_modalities():
    """Text 1, image 2, audio 4."""
    assert [1, 6, 7] == kinds_of(torch.tensor([[1, 0, 0], [0, 1, 1], [1, 1, 1]]).bool()).tolist()


def test_without_words_there_are_no_composed_queries():
    """A bank without attributes still trains: all queries are parts of products."""
    nothing = Phrases(torch.zeros(0, DIMENSION), torch.zeros(0).long(), torch.zeros(0).long())
    lesson = LessonSampler(_bank(), nothing, 0.5, seed=0).draw(8)
    assert (8, 8) == lesson.right.shape
    assert COMPOSED not in {row.asked_with for row in fusion_table(_bank(), nothing, fusions(None))}


@pytest.mark.slow
def test_mixtures_find_untouched_pictures_when_that_is_asked_for(heads):
    """With `unfused_weight`, a picture and changing words find the right ones among the pictures themselves."""
    asked = train_fusion_heads(_bank(), _phrases(), replace(RECIPE, unfused_weight=1.0), seed=0)
    bank = _bank(seed=10)
    queries, right = composed_queries(bank, _phrases(), seed=0)
    found, without = (
        precision(each.learned(*queries.parts) @ bank.vectors[:, IMAGE].T, right).mean().item()
        for each in (asked, heads)
    )
    assert found > 0.85
    assert found > without


def test_a_lesson_without_mixtures_has_no_unfused_loss():
    """Queries of a single part go past fusion: there is nothing to learn for it."""
    lesson = LessonSampler(_bank(), _phrases(), 0.0, seed=3).draw(20)
    single = lesson.queries.weights.clone()
    single[:, 1:] = 0
    single[:, 0] = 1
    queries = replace(lesson.queries, weights=single)
    loss = unfused_loss(new_heads(RECIPE, DIMENSION), replace(lesson, queries=queries), RECIPE.temperature)
    assert 0.0 == loss.item()
