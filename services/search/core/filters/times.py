"""Times of RFC 3339 as seconds since 1970."""

import re
from datetime import UTC, datetime, timedelta

NANOS = 1_000_000_000

_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[Tt](?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):(?P<minutes>[0-5]\d)))?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seconds_of(text: str) -> float | None:
    """Return the seconds since 1970 of "2024-05-31T12:00:00.5+02:00", or of a day's beginning in UTC, "2024-05-31".

    None where *text* is no such time.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    try:
        time = datetime.fromisoformat(f"{match['day']}T{match['clock'] or '00:00:00'}+00:00")
    except ValueError:
        return None
    seconds = (time - _EPOCH) // timedelta(seconds=1)
    if match["sign"]:
        offset = int(match["hours"]) * 3600 + int(match["minutes"]) * 60
        seconds -= offset if match["sign"] == "+" else -offset
    return of_nanos(seconds, int((match["fraction"] or "").ljust(9, "0")))


def of_nanos(whole: int, nanos: int) -> float:
    """Return *whole* and *nanos* as the nearest number: 19 and 990,000,000 are 19.99, and not the sum of two roundings."""
    return (whole * NANOS + nanos) / NANOS
