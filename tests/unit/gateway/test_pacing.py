"""What stages cost, and what is given to them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.model.degradation import Cause, Degradation, Step
from gateway.core.pacing.costs import HALF_LIFE_S, KEPT_LEAST_S, UNKNOWN_S, Costs
from gateway.core.pacing.pace import ANSWER_S, ANSWER_SHARE, LeftOut, Pace
from triptych.vocabulary.errors import (
    DeadlineExceeded,
    InvalidArgument,
    Reason,
    ResourceExhausted,
    Unavailable,
)


class Clock:
    def __init__(self):
        self.at_s = 100.0

    def __call__(self):
        return self.at_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def costs(clock):
    return Costs(now=clock)


def within(seconds: float, costs: Costs) -> Pace:
    return Pace(costs, lambda: seconds, strict=False)


async def quick():
    return "made"


async def never():
    await asyncio.sleep(60)


class TestCosts:
    def test_of_what_is_not_known_nothing_is_expected_and_a_little_kept(self, costs):
        """A gateway that has just begun tries everything."""
        assert 0 == costs.expected_s("rank")
        assert 2 * UNKNOWN_S == costs.kept_s(["rank", "search"])

    @given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=50))
    def test_an_average_lies_between_what_was_measured(self, measured):
        """And what is kept is never less than the average."""
        costs = Costs()
        for each in measured:
            costs.took("rank", each)

        assert min(measured) * 0.999 <= costs.expected_s("rank") <= max(measured) * 1.001
        assert costs.kept_s(["rank"]) >= max(KEPT_LEAST_S, costs.expected_s("rank") * 0.999)

    def test_it_follows_what_changes(self, costs):
        """Fifty measurements later the past is forgotten, up and down."""
        for took in (0.01, 1.0, 0.01):
            for _ in range(50):
                costs.took("rank", took)
            assert took == pytest.approx(costs.expected_s("rank"), rel=0.25)

    def test_a_late_stage_is_believed_to_be_slow_and_slowly_forgiven(self, costs, clock):
        """At once it is longer than it was given; in silence it becomes shorter, until it is tried again."""
        costs.took("rank", 0.01)
        costs.was_late("rank", 0.3)
        assert 0.6 == costs.expected_s("rank")
        clock.at_s += HALF_LIFE_S
        assert 0.6 == costs.expected_s("rank")
        clock.at_s += 2 * HALF_LIFE_S
        assert 0.15 == costs.expected_s("rank")

    def test_one_tries_again_for_all(self, costs, clock):
        """When a stage that was late is believed to be quick enough, the others wait for what comes of it."""
        costs.was_late("rank", 0.3)
        clock.at_s += 5 * HALF_LIFE_S
        assert costs.expected_s("rank") < 0.3
        costs.is_tried("rank")
        assert 0.6 == costs.expected_s("rank")
        costs.took("rank", 0.01)
        costs.is_tried("rank")
        assert 0.01 == costs.expected_s("rank")

    def test_what_is_late_again_is_not_believed_to_be_quicker(self, costs):
        """A short budget tells less than a long one did."""
        costs.was_late("rank", 2.0)
        costs.was_late("rank", 0.1)

        assert 4.0 == costs.expected_s("rank")

    def test_a_measurement_replaces_a_guess(self, costs):
        """A stage that is quick again is known to be at once."""
        costs.was_late("rank", 2.0)
        costs.took("rank", 0.01)

        assert 0.01 == costs.expected_s("rank")


class TestPace:
    async def test_what_is_in_time_is_made_and_measured(self, costs):
        """The usual case."""
        pace = within(10, costs)

        assert "made" == await pace.attempt("rank", quick)
        assert () == pace.degradations
        assert 0 < costs.expected_s("rank") < 1

    async def test_what_takes_too_long_is_ended(self, costs):
        """And known to."""
        with pytest.raises(LeftOut) as left_out:
            await within(0.1, costs).attempt("rank", never)

        assert Cause.LATE is left_out.value.cause
        assert costs.expected_s("rank") > 0.1

    async def test_what_is_known_to_take_too_long_is_not_begun(self, costs):
        """Nor is anything when no time is left."""
        costs.took("rank", 1.0)
        for left_s, stage in ((0.9, "rank"), (0.0, "quick"), (ANSWER_S, "quick")):
            with pytest.raises(LeftOut) as left_out:
                await within(left_s, costs).attempt(stage, never)
            assert Cause.SLOW is left_out.value.cause

    def test_time_is_kept_for_what_must_follow(self, costs):
        """A stage that fits alone does not fit before another."""
        costs.took("rank", 0.5)
        costs.took("search", 0.3)
        left_s = 0.6 + ANSWER_S + 0.6 * ANSWER_SHARE / (1 - ANSWER_SHARE)

        assert within(left_s, costs).fits("rank")
        assert not within(left_s, costs).fits("rank", ["search"])
        assert within(10, costs).fits("rank", ["search"])

    def test_what_must_follow_leaves_something(self, costs):
        """However slow it is: a stage that is quick is never shut out by one that comes after it."""
        costs.took("search", 30.0)
        costs.took("rank", 0.1)

        assert within(1.0, costs).fits("rank", ["search"])

    @pytest.mark.parametrize(
        ("error", "cause"),
        [
            (Unavailable.because_of("ranker"), Cause.UNAVAILABLE),
            (ResourceExhausted("No.", reason=Reason.OVERLOADED), Cause.UNAVAILABLE),
            (DeadlineExceeded(), Cause.LATE),
        ],
    )
    async def test_what_does_not_answer_is_left_out(self, costs, error, cause):
        """Whether it is away, busy or late by its own clock."""

        async def fails():
            raise error

        with pytest.raises(LeftOut) as left_out:
            await within(10, costs).attempt("rank", fails)
        with pytest.raises(type(error)):
            await Pace(costs).attempt("rank", fails)

        assert cause is left_out.value.cause
        assert type(error) is type(left_out.value.error)

    @pytest.mark.parametrize("error", [InvalidArgument("No.", reason=Reason.FIELD_INVALID), TimeoutError()])
    async def test_what_is_wrong_with_a_request_is_told(self, costs, error):
        """It is no matter of time; nor is a timeout that is another's."""

        async def fails():
            raise error

        with pytest.raises(type(error)):
            await within(10, costs).attempt("rank", fails)

    def test_what_was_left_out_stands_in_order_and_once(self, costs):
        """The first cause stands."""
        pace = within(1, costs)
        for step, cause, part in (
            (Step.PART, Cause.LATE, 2),
            (Step.RANKING, Cause.SLOW, None),
            (Step.PART, Cause.SLOW, 1),
            (Step.RANKING, Cause.UNAVAILABLE, None),
        ):
            pace.leave_out(step, cause, part)

        assert (
            Degradation(Step.RANKING, Cause.SLOW),
            Degradation(Step.PART, Cause.SLOW, 1),
            Degradation(Step.PART, Cause.LATE, 2),
        ) == pace.degradations
