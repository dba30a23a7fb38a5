"""Histories of shoppers: read line by line, checked, split by time."""

import gzip
import itertools
import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.events import Event, EventKind, histories, read_events, split_by_time
from training.errors import TrainingError

CSV = "user,product,kind,time,quantity,shop\nu1,p1,view,2024-03-01T12:00:00Z,,x\nu2,7,purchase,86400,2.5,x\n"
MARCH_FIRST_NOON_S = 1709294400.0
EVENTS = [
    Event("u1", "p1", EventKind.VIEW, MARCH_FIRST_NOON_S),
    Event("u2", "7", EventKind.PURCHASE, 86400.0, 2.5),
]


def at(*times_s):
    return [Event(f"u{time_s % 2}", "p", EventKind.VIEW, float(time_s)) for time_s in times_s]


def test_csv(tmp_path):
    """Columns by name; quantity is 1 unless said; further columns are passed over."""
    (tmp_path / "e.csv").write_text(CSV)

    assert EVENTS == list(read_events(tmp_path / "e.csv"))


def test_json_lines(tmp_path):
    """The same as objects."""
    rows = [
        {"user": "u1", "product": "p1", "kind": "view", "time": "2024-03-01 13:00:00+01:00"},
        {"user": "u2", "product": 7, "kind": "purchase", "time": 86400, "quantity": 2.5},
    ]
    (tmp_path / "e.jsonl").write_text("\n\n".join(json.dumps(row) for row in rows))

    assert EVENTS == list(read_events(tmp_path / "e.jsonl"))


def test_gzip(tmp_path):
    """Packed files are read as they are."""
    with gzip.open(tmp_path / "e.csv.gz", "wt") as packed:
        packed.write(CSV)

    assert EVENTS == list(read_events(tmp_path / "e.csv.gz"))


@pytest.mark.parametrize(
    "said",
    ["2024-03-01T12:00:00", "2024-03-01 12:00", "2024-03-01T13:00+01:00", "1709294400", "1709294400.0"],
)
def test_times(tmp_path, said):
    """ISO 8601 with or without a zone, or seconds."""
    (tmp_path / "e.csv").write_text(f"user,product,kind,time\nu,p,cart,{said}\n")

    assert [MARCH_FIRST_NOON_S] == [event.time_s for event in read_events(tmp_path / "e.csv")]


def test_times_without_a_zone_are_utc_everywhere(tmp_path, monkeypatch):
    """The machine's own zone changes no history."""
    (tmp_path / "e.csv").write_text("user,product,kind,time\nu,p,cart,2024-03-01 12:00\n")
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert [MARCH_FIRST_NOON_S] == [event.time_s for event in read_events(tmp_path / "e.csv")]
    finally:
        monkeypatch.undo()
        time.tzset()


GOOD = {"user": "u", "product": "p", "kind": "cart", "time": 5}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "bought"}, 'kind is one of view, cart, purchase, not "bought"'),
        ({"kind": ["view"]}, "kind is one of"),
        ({"user": ""}, 'user must be a word or an integer, not ""'),
        ({"product": None}, "product must be a word or an integer, not null"),
        ({"product": True}, "product must be"),
        ({"time": "yesterday"}, 'not "yesterday"'),
        ({"time": None}, "not null"),
        ({"time": float("nan")}, "not NaN"),
        ({"time": 1709294400000}, "is it in milliseconds?"),
        ({"time": -5}, "not in seconds since 1970"),
        ({"quantity": 0}, "quantity must be a number above 0, not 0"),
        ({"quantity": "many"}, 'not "many"'),
    ],
)
def test_bad_events(tmp_path, values, said):
    """Named with file and line; left out when somebody listens."""
    path = tmp_path / "e.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in (GOOD, {**GOOD, **values}, GOOD)))
    problems = []

    kept = list(read_events(path, problems.append))

    assert 2 == len(kept)
    assert [f"{path}:2"] == [problem.where for problem in problems]
    with pytest.raises(TrainingError, match=r"e\.jsonl:2: ") as error:
        list(read_events(path))
    assert said in str(error.value)


@pytest.mark.parametrize("line", ["{", "[]", "5", "[" * 5000])
def test_lines_that_are_no_object(tmp_path, line):
    """Named with file and line."""
    (tmp_path / "e.jsonl").write_text(line)

    with pytest.raises(TrainingError, match=r"e\.jsonl:1: the line is no JSON object"):
        list(read_events(tmp_path / "e.jsonl"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("e.csv", b"user,product\nu,p\n", r":1: .*missing: kind, time"),
        ("e.csv", b"", r":1: .*missing: user"),
        ("e.csv", b"user,product,kind,time\nu,p\n", r":2: kind is one of"),
        ("e.csv", b"user,product,kind,time\n\xff,p,view,5\n", "is not UTF-8"),
        ("e.csv.gz", b"no gzip", "Not a gzipped file"),
        ("e.csv.gz", gzip.compress(CSV.encode() + b"u,p,view,5\n" * 9_999)[:-20], "ended before"),
        ("e.parquet", b"x", "read from .csv and .jsonl"),
    ],
)
def test_bad_files(tmp_path, name, content, said):
    """One sentence each."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(TrainingError, match=said):
        list(read_events(tmp_path / name))


def test_no_file(tmp_path):
    """A wrong path is one sentence."""
    with pytest.raises(TrainingError, match="No such file"):
        list(read_events(tmp_path / "e.csv"))


def test_large_files_are_not_held_in_memory(tmp_path):
    """The memory for thirty thousand events is that for a few."""
    path = tmp_path / "e.csv"
    path.write_text("user,product,kind,time\n" + "u,p,view,5\n" * 30_000)
    tracemalloc.start()

    count = sum(1 for _ in read_events(path))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 30_000 == count
    assert peak < 500_000


@given(st.lists(st.integers(0, 20), min_size=2), st.floats(0.05, 0.95))
def test_no_moment_is_in_both(times_s, share):
    """What is trained on lies wholly before what is served, and nothing is lost."""
    try:
        split = split_by_time(at(*times_s), serving_share=share)
    except TrainingError:
        return

    assert max(event.time_s for event in split.training) < split.serving_from_s
    assert min(event.time_s for event in split.serving) == split.serving_from_s
    assert sorted(times_s) == [event.time_s for event in (*split.training, *split.serving)]


def test_the_share_is_kept():
    """A fifth of a hundred moments."""
    assert 20 == len(split_by_time(at(*range(100)), serving_share=0.2).serving)


def test_a_given_moment():
    """Events of that moment are served."""
    split = split_by_time(at(1, 2, 3, 4), serving_from_s=3)

    assert ([1, 2], [3, 4]) == (
        [event.time_s for event in split.training],
        [event.time_s for event in split.serving],
    )


@pytest.mark.parametrize(
    ("moment_s", "said"), [(0, "no event lies before 1970"), (99, "no event lies from 1970")]
)
def test_a_moment_that_leaves_one_side_empty(moment_s, said):
    """Nothing to train on, or nothing to predict."""
    with pytest.raises(TrainingError, match=said):
        split_by_time(at(1, 2, 3), serving_from_s=moment_s)


def test_all_at_one_moment_cannot_be_split():
    """Nor can nothing at all."""
    for events in (at(5, 5, 5), []):
        with pytest.raises(TrainingError, match="no event lies before"):
            split_by_time(events)


def test_histories_are_in_order_of_time():
    """Each shopper's own, whatever the order in the file."""
    for order in itertools.permutations(at(1, 2, 3)):
        by_user = histories(order)
        assert [1, 3] == [event.time_s for event in by_user["u1"]]
        assert [2] == [event.time_s for event in by_user["u0"]]
