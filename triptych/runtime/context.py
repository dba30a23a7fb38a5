"""What belongs to the request being worked on: its id and its deadline.

Both travel in context variables, so that every task started for a request sees them without being handed them.
"""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from triptych.vocabulary.errors import DeadlineExceeded

REQUEST_ID_HEADER = "x-request-id"

# An answer needs time to travel back: a call that we make must end this long before our own caller's deadline.
MARGIN_S = 0.005

# Outside any request (warm-up, checks) calls end after this long.
DEFAULT_S = 10.0

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_timeout: ContextVar[float] = ContextVar("timeout", default=DEFAULT_S)


def request_id() -> str:
    """Return the id of the current request; empty outside any."""
    return _request_id.get()


def remaining_s() -> float:
    """Return the seconds that a call made now may take.

    Raises:
        DeadlineExceeded: nothing is left.
    """
    deadline = _deadline.get()
    if deadline is None:
        return DEFAULT_S
    remaining = deadline - time.monotonic() - MARGIN_S
    if remaining <= 0:
        raise DeadlineExceeded
    return remaining


def remaining_of_s(share: float) -> float:
    """Return the seconds left of the first *share* of the request's time; 0 when they have passed.

    A stage that may take no more than that, in one piece or in many, ends in time for the others.

    Raises:
        DeadlineExceeded: nothing is left of the request itself.
    """
    return max(remaining_s() - (1 - share) * _timeout.get(), 0.0)


@contextmanager
def request(wanted_id: str | None, timeout_s: float) -> Iterator[str]:
    """Enter a request that must end in *timeout_s* seconds; yield its id.

    The caller's own id is kept when it is harmless to log; otherwise a new one is made.
    """
    kept = wanted_id if wanted_id and _REQUEST_ID.fullmatch(wanted_id) else uuid.uuid4().hex
    id_token = _request_id.set(kept)
    deadline_token = _deadline.set(time.monotonic() + timeout_s)
    timeout_token = _timeout.set(timeout_s)
    try:
        yield kept
    finally:
        _timeout.reset(timeout_token)
        _deadline.reset(deadline_token)
        _request_id.reset(id_token)
