"""Times and money as numbers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.core.filters.times import of_nanos, seconds_of


@given(st.datetimes(timezones=st.timezones()))
def test_times_are_those_of_the_standard_library(time):
    """Of any zone, to the microsecond."""
    if time.utcoffset().seconds % 60:
        return
    assert time.timestamp() == pytest.approx(seconds_of(time.isoformat()), abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-13-01",
        "2024-05-31T25:00:00Z",
        "2024-05-31 12:00:00Z",
        "20240531",
        "2024-05-31T12:00:00",
    ],
)
def test_other_texts_are_no_times(text):
    """A time of day needs its zone; a day is one of the calendar."""
    assert seconds_of(text) is None


def test_the_same_time_is_the_same_number():
    """As a filter writes it, and as a product has it in seconds and nanoseconds."""
    time = datetime(2024, 5, 31, 12, tzinfo=UTC)

    assert of_nanos(int(time.timestamp()), 123_456_789) == seconds_of("2024-05-31T14:00:00.123456789+02:00")


@given(st.integers(-(10**9), 10**9), st.integers(0, 99))
def test_money_is_the_number_that_people_write(units, cents):
    """19 units and 990,000,000 nanos are what 19.99 is in a filter."""
    assert float(f"{units}.{cents:02}") == of_nanos(units, (1 if units >= 0 else -1) * cents * 10_000_000)
