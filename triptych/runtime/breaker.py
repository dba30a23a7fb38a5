"""Circuit breakers: a method of a room that failed several times in a row is not called for a moment.

The states are those of `purgatory`. What says nothing of the room leaves them as they are: a call that its caller gave
up, or that was given too little time, and every error that is about the request.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from purgatory.domain.model import Context, OpenedState

from triptych.runtime.metrics import BREAKER
from triptych.vocabulary.errors import DeadlineExceeded, Reason, TriptychError, Unavailable

# So many failures in a row open it, for so long.
FAILURES = 10
OPEN_S = 1.0
# A call that was given less and did not end in it is no failure: any room can be asked for too much.
ENOUGH_S = 1.0

STATES = {"closed": 0, "half-opened": 1, "opened": 2}


class Breaker:
    """The breaker of one *method* of a *room*."""

    def __init__(self, room: str, method: str) -> None:
        self._room = room
        self._circuit = Context(f"{room} {method}", FAILURES, OPEN_S)
        self._state = BREAKER.labels(room, method)
        self._state.set(0)

    @contextmanager
    def around(self, timeout_s: float) -> Iterator[None]:
        """Watch a call that is given *timeout_s*.

        Raises:
            Unavailable: it is open, and nothing is called.
        """
        try:
            self._circuit.handle_new_request()
        except OpenedState:
            raise Unavailable.because_of(self._room) from None
        try:
            yield
        except TriptychError as error:
            if is_failure(error, timeout_s):
                self._circuit.handle_exception(error)
            elif not isinstance(error, DeadlineExceeded):
                self._circuit.handle_end_request()
            raise
        else:
            self._circuit.handle_end_request()
        finally:
            self._circuit.messages.clear()
            self._state.set(STATES[self._circuit.state])


def is_failure(error: TriptychError, timeout_s: float) -> bool:
    """Return whether *error* says that the room does not answer."""
    late = isinstance(error, DeadlineExceeded) and timeout_s >= ENOUGH_S
    # That the host of a client's picture does not answer says nothing of the room.
    return late or error.reason is Reason.DEPENDENCY_UNAVAILABLE
