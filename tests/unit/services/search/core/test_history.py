"""What a product remembers: which writes are older than which."""

import json

from hypothesis import given
from hypothesis import strategies as st

from services.search.core.history import (
    FIELDS_MAX,
    REQUESTS_MAX,
    WHOLE,
    History,
    outcome,
    packed,
    unpacked,
    with_request,
)

PATHS = ["price", "in_stock", "attributes", "attributes.colour", "attributes.a.b", "title"]
times = st.none() | st.integers(0, 20)
writes = st.tuples(st.sets(st.sampled_from([WHOLE, *PATHS]), min_size=1), times)


def after(*several):
    history = History()
    for paths, time in several:
        history = outcome(history, paths, time).history
    return history


def test_a_field_has_its_own_time():
    """A price of 12:00 follows a stock of 12:01, and no price of 11:59 follows it."""
    history = after(([WHOLE], 1100), (["in_stock"], 1201), (["price"], 1200))

    assert [1200, 1201, 1100] == [history.time_of(each) for each in ("price", "in_stock", "title")]
    late = outcome(history, ["price", "title"], 1159)
    assert (("title",), ("price",)) == (late.taken, late.kept)
    assert 1201 == late.history.latest


def test_a_late_whole_leaves_newer_fields_as_they_are():
    """All but the fields that were set later; and nothing of a whole that is older than the last one."""
    history = after(([WHOLE], 10), (["price"], 30))

    assert ((WHOLE,), ("price",)) == _told(outcome(history, [WHOLE], 20))
    assert ((), ()) == _told(outcome(history, [WHOLE], 9))
    assert ((WHOLE,), ()) == _told(outcome(history, [WHOLE], 30)), "equal times overwrite"


def test_an_attribute_is_part_of_all_attributes():
    """Whoever writes all of them later takes the single one with them; whoever writes them earlier does not."""
    history = after(([WHOLE], 10), (["attributes.colour"], 20))

    assert (("attributes",), ("attributes.colour",)) == _told(outcome(history, ["attributes"], 15))
    later = outcome(history, ["attributes", "attributes.colour"], 25)
    assert (("attributes",), ()) == _told(later)
    assert ((), ("attributes.colour",)) == _told(outcome(later.history, ["attributes.colour"], 24))


def test_a_write_without_a_time_is_the_newest_and_leaves_none():
    """It is written whatever was there, and followed by whatever comes."""
    history = after(([WHOLE], 10), (["price"], 30), (["price"], None))

    assert (("price",), ()) == _told(outcome(history, ["price"], 1))
    assert ((WHOLE,), ()) == _told(outcome(history, [WHOLE], None))
    assert History() == after(([WHOLE], 10), ([WHOLE], None))


def _told(result):
    return result.taken, result.kept


@given(st.lists(writes, max_size=8), writes)
def test_no_field_goes_back_in_time(before, write):
    """A timed write lowers the time of no field that has one."""
    history = after(*before)
    paths, time = write
    result = outcome(history, paths, time)

    for path in PATHS:
        was, now = history.time_of(path), result.history.time_of(path)
        assert was is None or time is None or now is None or was <= now
    assert not set(result.taken) & set(result.kept)


@given(st.lists(st.tuples(st.sampled_from([WHOLE, *PATHS]), st.integers(0, 10**18)), max_size=12))
def test_a_history_is_read_as_it_was_written(several):
    """Also with names that need escapes."""
    history = after(*([path and f'attributes.{path}\n蓝"', time] for path, time in several))
    history = History("etag", history.time, history.fields, ("r1", "r2"))

    assert history == unpacked(packed(history))
    assert History() == unpacked("")


def test_the_latest_requests_and_times_are_remembered():
    """What would grow without end is bounded, the oldest goes first, and all fits a column of Milvus."""
    requests = ()
    for number in range(20):
        requests = with_request(requests, f"r{number}")
    assert tuple(f"r{number}" for number in range(20 - REQUESTS_MAX, 20)) == with_request(requests, "")

    names = [f"attributes.{number:03}{'😀' * 61}" for number in range(300)]
    history = after(*(([name], 10**18 + number) for number, name in enumerate(names)))
    assert set(names[-FIELDS_MAX:]) == history.fields.keys()
    full = History("e" * 32, 10**18, history.fields, ("r" * 64,) * REQUESTS_MAX)
    assert len(packed(full).encode()) < 65_535
    assert json.loads(packed(full))
