"""The current request's id and deadline."""

import time

import pytest

from triptych.runtime.context import DEFAULT_S, MARGIN_S, remaining_of_s, remaining_s, request, request_id
from triptych.vocabulary.errors import DeadlineExceeded


class TestRequest:
    def test_a_harmless_id_is_kept(self):
        """The caller's own id travels on."""
        with request("shop-42:a.b", 1) as current:
            assert ("shop-42:a.b", "shop-42:a.b") == (current, request_id())

    @pytest.mark.parametrize("wanted", [None, "", "a b", "x" * 129, "a\nb", "é"])
    def test_another_id_is_replaced(self, wanted):
        """What could garble a log is not taken over."""
        with request(wanted, 1) as current:
            assert current not in {None, "", wanted}

    def test_outside_any_request_there_is_no_id(self):
        """The id is gone with its request."""
        with request("a", 1):
            pass

        assert "" == request_id()


class TestRemaining:
    def test_the_deadline_is_passed_on_minus_a_margin(self):
        """A call ends before its caller's own deadline."""
        with request(None, 1.0):
            assert 0.9 < remaining_s() < 1.0

    def test_a_deadline_that_passed_is_an_error(self):
        """No call is begun that nobody waits for."""
        with request(None, 0.001), pytest.raises(DeadlineExceeded):
            remaining_s()

    def test_outside_any_request_calls_are_bounded_too(self):
        """Warm-up never hangs."""
        assert DEFAULT_S == remaining_s()

    def test_a_share_is_of_the_whole_time(self, monkeypatch):
        """However often it is asked, what waits may wait no longer than that: not half of what is left each time."""
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now)
        left = []
        with request(None, 10.0):
            for passed_s in (0.0, 4.0, 6.0):
                monkeypatch.setattr(time, "monotonic", lambda at=now + passed_s: at)
                left.append(remaining_of_s(0.5))

        assert [pytest.approx(5 - MARGIN_S), pytest.approx(1 - MARGIN_S), 0.0] == left

    def test_outside_any_request_a_share_is_one_of_the_bound(self):
        """As for calls."""
        assert 0.25 * DEFAULT_S == remaining_of_s(0.25)
