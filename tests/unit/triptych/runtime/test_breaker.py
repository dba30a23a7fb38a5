"""Circuit breakers between rooms."""

import pytest

from triptych.runtime import breaker
from triptych.runtime.breaker import FAILURES, Breaker
from triptych.runtime.metrics import BREAKER
from triptych.vocabulary.errors import DeadlineExceeded, InvalidArgument, Reason, Unavailable

AWAY = Unavailable.because_of("encoder")


def call(circuit: Breaker, error: Exception | None = None, timeout_s: float = 10.0) -> bool:
    """Whether the room was called at all."""
    called = False
    try:
        with circuit.around(timeout_s):
            called = True
            if error is not None:
                raise error
    except (Unavailable, DeadlineExceeded, InvalidArgument):
        pass
    return called


def state() -> float:
    return BREAKER.labels("encoder", "Encode")._value.get()


@pytest.fixture
def circuit() -> Breaker:
    return Breaker("encoder", "Encode")


def test_a_room_that_fails_again_and_again_is_left_alone(circuit):
    """After so many failures in a row it is not called, and callers are told that it does not answer."""
    for _ in range(FAILURES):
        assert call(circuit, AWAY)

    assert not call(circuit)
    assert 2 == state()
    with pytest.raises(Unavailable) as refused, circuit.around(1):
        pass
    assert "encoder" == refused.value.metadata["dependency"]
    assert Reason.DEPENDENCY_UNAVAILABLE == refused.value.reason


def test_one_answer_starts_the_count_anew(circuit):
    """Failures must follow one another."""
    for _ in range(5):
        for _ in range(FAILURES - 1):
            call(circuit, AWAY)
        assert call(circuit)

    assert 0 == state()


def test_after_a_moment_it_is_tried_again(monkeypatch):
    """One call decides: an answer closes the breaker, a failure opens it again."""
    monkeypatch.setattr(breaker, "OPEN_S", 0.0)
    circuit = Breaker("encoder", "Encode")
    for _ in range(FAILURES):
        call(circuit, AWAY)

    assert call(circuit, AWAY)
    assert 2 == state()
    assert call(circuit)
    assert 0 == state()


@pytest.mark.parametrize(
    ("error", "timeout_s", "opens"),
    [
        (AWAY, 0.1, True),
        (DeadlineExceeded(), 2.0, True),
        (DeadlineExceeded(), 0.1, False),
        (InvalidArgument("No.", reason=Reason.IMAGE_UNREADABLE), 10.0, False),
        (Unavailable("No.", reason=Reason.URI_UNAVAILABLE), 10.0, False),
    ],
)
def test_what_says_that_a_room_is_away(circuit, error, timeout_s, opens):
    """Neither a client's broken picture nor a deadline that nobody could meet keeps others from a room."""
    for _ in range(2 * FAILURES):
        call(circuit, error, timeout_s)

    assert opens is not call(circuit)


def test_a_call_that_was_given_up_decides_nothing(circuit):
    """Cancelled calls neither open a breaker nor close one."""
    for _ in range(FAILURES - 1):
        call(circuit, AWAY)
    with pytest.raises(GeneratorExit), circuit.around(1):
        raise GeneratorExit
    call(circuit, AWAY)

    assert not call(circuit)
