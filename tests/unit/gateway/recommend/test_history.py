"""What of a customer's events still counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.recommend.history import (
    HABIT_LIVES,
    PULL_OF_HABIT,
    PULL_OF_TASTE,
    WEIGHTS,
    CustomerEvent,
    history,
)
from triptych.vocabulary.choices import EventType

DAY_S = 86_400.0
NOW_S = 1_800_000_000.0
EVENTS = st.lists(
    st.builds(
        CustomerEvent,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(EventType),
        st.none() | st.floats(NOW_S - 400 * DAY_S, NOW_S + 10 * DAY_S),
    ),
    max_size=30,
)


def counted(*events, half_life_s: float = 10 * DAY_S):
    return history(events, NOW_S, half_life_s)


def test_an_event_counts_one_half_at_the_half_life():
    """And a quarter at twice that."""
    past = counted(
        CustomerEvent("now", EventType.VIEWED, NOW_S),
        CustomerEvent("half", EventType.VIEWED, NOW_S - 10 * DAY_S),
        CustomerEvent("quarter", EventType.VIEWED, NOW_S - 20 * DAY_S),
    )

    assert {"now": 1.0, "half": 0.5, "quarter": 0.25} == past.weights


def test_what_costs_more_says_more():
    """Viewed, clicked, carted, bought."""
    past = counted(*(CustomerEvent(kind.name, kind) for kind in reversed(WEIGHTS)))

    assert ["VIEWED", "CLICKED", "CARTED", "BOUGHT"] == sorted(past.weights, key=past.weights.__getitem__)


def test_habits_fade_more_slowly_than_interests():
    """What is bought every month is not forgotten in a month."""
    past = counted(CustomerEvent("a", EventType.BOUGHT, NOW_S - 10 * DAY_S * HABIT_LIVES))

    assert {"a": pytest.approx(0.5)} == past.habits


@pytest.mark.parametrize(("again", "pull"), [(False, PULL_OF_TASTE), (True, PULL_OF_HABIT)])
def test_a_purchase_asks_less_for_its_like_than_a_look(again, pull):
    """Not at all where it may come again itself."""
    bought, viewed = CustomerEvent("b", EventType.BOUGHT), CustomerEvent("v", EventType.VIEWED)
    past = history([bought, viewed], NOW_S, DAY_S, again=again)

    assert {"b": pytest.approx(pull * past.weights["b"]), "v": past.weights["v"]} == past.pulls


def test_what_was_disliked_counts_for_nothing_else():
    """However often it was bought."""
    past = counted(*(CustomerEvent("a", kind) for kind in EventType))

    assert ({}, {}, {"a": 1.0}) == (past.weights, past.habits, past.dislikes)


def test_the_future_and_no_time_are_now():
    """Clocks differ."""
    past = counted(CustomerEvent("a", EventType.VIEWED, NOW_S + 99), CustomerEvent("b", EventType.VIEWED))

    assert {"a": 1.0, "b": 1.0} == past.weights


def test_what_is_forgotten_is_no_interest():
    """A weight that has become 0 could stand for nothing."""
    past = counted(CustomerEvent("a", EventType.VIEWED, 0.0), half_life_s=1.0)

    assert {} == past.weights


@settings(deadline=None)
@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_never_matters(events, random):
    """To the last bit."""
    shuffled = random.sample(events, len(events))

    assert counted(*events) == counted(*shuffled)
