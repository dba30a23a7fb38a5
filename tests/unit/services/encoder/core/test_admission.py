"""Letting in no more than there is memory for."""

import pytest

from services.encoder.core.admission import Admission
from triptych.vocabulary.errors import Reason, ResourceExhausted


def test_room_is_held_and_given_back():
    """A part more than fits is refused, with a time to try again; room comes back even after a failure."""
    admission = Admission(3)

    with admission.admit(2):
        with pytest.raises(ResourceExhausted) as refused, admission.admit(2):
            pass
        with pytest.raises(ZeroDivisionError), admission.admit(1):
            _ = 1 / 0
        with admission.admit(1):
            pass
    with admission.admit(3):
        pass
    assert Reason.OVERLOADED == refused.value.reason
    assert refused.value.retry_after_ms is not None
