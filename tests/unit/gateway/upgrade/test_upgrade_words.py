"""Comparison, gate, recording and notes of upgrades: what needs no room."""

import asyncio
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.model.query import Content, Media, Part, Query
from gateway.core.upgrade.comparison import JUDGED_MIN, compared, gate, ndcg, overlap
from gateway.core.upgrade.model import Comparison, Phase, Plan, Refused, Upgrade
from gateway.core.upgrade.recorder import Recorder, text_of
from gateway.translate.upgrades import packed, parsed, remaining_s
from triptych.vocabulary.choices import FusionStrategy, Modality, SimilarityMetric

UPGRADE = Upgrade("shop", "old-1", "new-2")


def query(*parts, **more):
    """A query of *parts*, with nothing asked for that is not in *more*."""
    return Query(
        catalog="shop",
        parts=parts,
        limit=1,
        fusion=FusionStrategy.LEARNED,
        metric=SimilarityMetric.COSINE,
        ranking=None,
        space=None,
        **more,
    )


def test_overlap_is_the_share_of_the_ten_best():
    """Of the longer answer; order does not count, nor what comes after the tenth."""
    ten = [str(number) for number in range(10)]

    assert 1.0 == overlap(ten, [*reversed(ten), "x"])
    assert 0.5 == overlap(ten, [*ten[:5], *"abcde"])
    assert 0.1 == overlap(ten, ["3"])
    assert (1.0, 0.0) == (overlap([], []), overlap(ten, []))


def test_ndcg_is_that_of_the_paper():
    """Järvelin and Kekäläinen (2002): 2^gain - 1, discounted by log2(place + 1), beside the best order."""
    gains = {"a": 3.0, "b": 1.0}

    assert 1.0 == ndcg(["a", "b", "c"], gains)
    assert math.isclose((1 + 7 / math.log2(3)) / (7 + 1 / math.log2(3)), ndcg(["b", "a"], gains))
    assert 0.0 == ndcg(["c"], gains)


def test_the_means_are_over_all_queries_and_over_the_judged_ones():
    """A query that nobody judged says nothing of nDCG."""
    answers = [("q", ["a"], ["a"]), ("r", ["a"], ["b"])]

    assert Comparison(2, 0.5, 1, 1.0, 0.0) == compared(answers, {"r": {"a": 1.0}})
    assert Comparison(0, 0.0) == compared([], {})


@pytest.mark.parametrize(
    ("changes", "plan", "reasons"),
    [
        ({}, Plan(), 0),
        ({"refused_count": 1}, Plan(), 1),
        ({"refused_count": 1}, Plan(allow_refused=True), 0),
        ({"comparison": Comparison(5, 0.4)}, Plan(overlap_min=0.5), 1),
        ({"comparison": Comparison(5, 0.5)}, Plan(overlap_min=0.5), 0),
        ({"comparison": Comparison(0, 0.0)}, Plan(overlap_min=0.5), 1),
        ({"comparison": Comparison(50, 1.0, JUDGED_MIN, 0.8, 0.7)}, Plan(), 1),
        ({"comparison": Comparison(50, 1.0, JUDGED_MIN, 0.8, 0.77)}, Plan(), 0),
        ({"comparison": Comparison(50, 1.0, JUDGED_MIN - 1, 0.8, 0.0)}, Plan(), 0),
    ],
)
def test_the_gate_says_why(changes, plan, reasons):
    """Each threshold for itself; what was not asked for, or is known of too few queries, refuses nothing."""
    assert reasons == len(gate(replace(UPGRADE, plan=plan, **changes)))


def test_only_words_alone_are_recorded():
    """Nothing of pictures and sounds, nothing with a filter, nothing that is unwanted."""
    red = Part(Content(Modality.TEXT, "parts[0].text", text="red"))
    photo = Part(Content(Modality.IMAGE, "parts[0].image", media=Media(b"photo")))

    assert "red" == text_of(query(red))
    for other in (
        query(red, red),
        query(photo),
        query(red, photo),
        query(red, filter="price < 5"),
        query(replace(red, weight=-1.0)),
        query(replace(red, exclude=True)),
    ):
        assert "" == text_of(other)


async def test_a_share_is_recorded():
    """As many as are drawn; a search waits for none of it."""
    kept = []

    class Store:
        async def keep(self, catalog, search_id, text):
            kept.append((catalog, search_id, text))

    drawn = iter([0.05, 0.1, 0.5])
    recorder = Recorder(Store(), 0.1, lambda: next(drawn))
    words = query(Part(Content(Modality.TEXT, "parts[0].text", text="red")))

    for number in range(3):
        recorder.note(words, str(number))
    assert [] == kept
    await asyncio.sleep(0)

    assert [("shop", "0", "red")] == kept


texts = st.text(st.characters(codec="utf-8"), max_size=20)
shares = st.floats(0, 1)
times = st.integers(0, 2**31).map(float)
upgrades = st.builds(
    Upgrade,
    texts,
    texts,
    texts,
    st.builds(Plan, shares, shares, st.lists(texts, unique=True).map(tuple), st.booleans(), shares),
    st.sampled_from(Phase),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    st.lists(st.builds(Refused, texts, texts, texts)).map(tuple),
    st.none() | st.builds(Comparison, st.integers(0, 1000), shares, st.integers(0, 1000), shares, shares),
    st.lists(texts).map(tuple),
    texts,
    times,
    times,
    times,
    times,
)


@given(upgrades)
def test_notes_come_back(upgrade):
    """Whatever stands in them."""
    assert upgrade == parsed(packed(upgrade))


def test_the_time_left_is_told_by_the_speed_so_far():
    """Only while products are encoded, and once some are."""
    running = replace(UPGRADE, product_count=100, upgraded_count=25, start_time=10.0)

    assert 60.0 == remaining_s(running, 30.0)
    assert remaining_s(replace(running, upgraded_count=0), 30.0) is None
    assert remaining_s(replace(running, phase=Phase.READY), 30.0) is None


@pytest.mark.parametrize("record", ["red mug", "{", '{"phase": 99}', '{"phase": "PHASE_OF_LATER"}'])
def test_a_note_that_cannot_be_read_is_said_to_be(record):
    """As one of another version may be."""
    with pytest.raises(ValueError, match=r"."):
        parsed(record)
