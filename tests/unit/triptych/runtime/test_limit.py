"""How many requests are worked on at once."""

import pytest

from triptych.runtime.limit import AdaptiveLimit

ALONE_S = 0.010


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self):
        self.at_s = 0.0

    def __call__(self):
        return self.at_s


@pytest.fixture
def clock():
    return Clock()


def limit(clock, **choices) -> AdaptiveLimit:
    made = AdaptiveLimit(**{"least": 4, "most": 256, "value": 32, "now": clock} | choices)
    # What a request takes alone is learnt while it is quiet.
    for _ in range(60):
        clock.at_s += 0.1
        made.took("search", ALONE_S, beside=0)
    return made


def serve(made, clock, seconds, capacity):
    """Work at the limit for some seconds: beyond *capacity* each waits for the others."""
    end = clock.at_s + seconds
    while clock.at_s < end:
        inside = int(made.value)
        took = ALONE_S * max(1.0, inside / capacity)
        clock.at_s += took / inside
        made.took("search", took, beside=inside - 1)


@pytest.mark.parametrize("capacity", [6, 20, 100])
def test_it_finds_what_can_be_worked_on_at_once(clock, capacity):
    """From above and from below: no fewer than do not wait for one another, and about twice as many at most."""
    for begin in (4, 256):
        made = limit(clock, value=begin)
        serve(made, clock, 30, capacity)

        assert capacity * 0.9 < made.value < capacity * 2.1


def test_behind_a_narrow_door_hardly_anybody_waits(clock):
    """Where two are as many as can be worked on, one more is let in, not two more."""
    made = limit(clock, least=1, value=8)
    serve(made, clock, 30, capacity=2)

    assert int(made.value) == 3


def test_it_stays_within_its_bounds(clock):
    """However slow requests are it stays at the least; however quick, at the most."""
    slow = limit(clock)
    serve(slow, clock, 30, capacity=0.5)
    quick = limit(clock, most=40)
    serve(quick, clock, 60, capacity=1000)

    assert (4, 40) == (int(slow.value), int(quick.value))


def test_a_minute_of_overload_makes_it_hardly_wider(clock):
    """What a request takes alone is not learnt from a crowd, but for a slow drift."""
    made = limit(clock)
    serve(made, clock, 10, capacity=8)
    soon = made.value
    serve(made, clock, 60, capacity=8)

    assert made.value == pytest.approx(soon, rel=0.3)


def test_where_it_is_not_used_nothing_is_learnt(clock):
    """A gateway that is asked for little keeps its limit."""
    made = limit(clock)
    before = made.value
    for _ in range(500):
        clock.at_s += 0.05
        made.took("search", ALONE_S, beside=1)

    assert before == made.value


def test_what_became_slower_for_good_is_learnt_where_it_is_quiet(clock):
    """A larger catalogue makes every search slower: that alone lets no fewer in for long."""
    made = limit(clock)
    for _ in range(300):
        clock.at_s += 0.05
        made.took("search", 3 * ALONE_S, beside=1)
    shrunk = made.value
    for _ in range(500):
        clock.at_s += 0.01
        made.took("search", 3 * ALONE_S, beside=int(made.value) - 1)

    assert made.value > shrunk


def test_kinds_are_compared_with_their_own(clock):
    """Slow requests beside quick ones are no sign of a crowd."""
    made = limit(clock)
    for _ in range(100):
        clock.at_s += 0.05
        made.took("recognise", 40 * ALONE_S, beside=0)
    before = made.value
    for count in range(400):
        clock.at_s += 0.01
        kind, took = ("search", ALONE_S) if count % 3 else ("recognise", 40 * ALONE_S)
        made.took(kind, took, beside=int(made.value) - 1)

    assert made.value >= before


def test_what_was_given_up_counts_where_it_was_long(clock):
    """Requests that end with their deadlines say that there are too many; those that clients leave at once do not."""
    made = limit(clock)
    before = made.value
    for took, shrinks in ((ALONE_S / 2, False), (100 * ALONE_S, True)):
        for _ in range(100):
            clock.at_s += 0.01
            made.was_given_up("search", took, beside=int(made.value) - 1)
        assert shrinks is (made.value < before)


def test_a_crowd_before_a_narrow_door_teaches_nothing(clock):
    """Where two are too many it stays at the least, though hardly anybody is inside: the others wait or are refused."""
    made = limit(clock, least=2)
    for _ in range(5_000):
        inside = int(made.value)
        clock.at_s += ALONE_S
        made.took("search", ALONE_S * 2 * inside, beside=1_000_000)

    assert int(made.value) <= 3
