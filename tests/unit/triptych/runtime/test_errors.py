"""The table from errors to status codes."""

from collections.abc import Iterator

import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from structlog.testing import capture_logs

from triptych.runtime.errors import CODES, DOMAIN, from_status, to_status
from triptych.vocabulary.errors import Internal, InvalidArgument, Reason, TriptychError, Unavailable


def subclasses(kind: type[TriptychError]) -> Iterator[type[TriptychError]]:
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def unpacked(status: Status, kind):
    detail = kind()
    assert any(item.Unpack(detail) for item in status.details)
    return detail


class TestToStatus:
    def test_every_class_of_error_has_a_code(self):
        """No error of the hierarchy falls through the table."""
        missing = [kind for kind in subclasses(TriptychError) if not any(k in CODES for k in kind.__mro__)]

        assert [] == missing

    def test_codes_are_distinct(self):
        """Two classes with one code could not be told apart on the way back."""
        assert len(CODES) == len(set(CODES.values()))

    @pytest.mark.parametrize("kind", sorted(CODES, key=lambda kind: kind.__name__))
    def test_the_way_there_and_back_loses_nothing(self, kind):
        """from_status is the inverse of to_status for every class."""
        error = kind(
            "What is wrong.",
            reason=Reason.FIELD_INVALID,
            field="parts[0].text",
            metadata={"a": "b"},
            retry_after_ms=250,
        )

        back = from_status(to_status(error))

        assert (kind, "What is wrong.", Reason.FIELD_INVALID, "parts[0].text", {"a": "b"}, 250) == (
            type(back),
            back.message,
            back.reason,
            back.field,
            back.metadata,
            back.retry_after_ms,
        )

    def test_the_details_are_those_of_aip_193(self):
        """One ErrorInfo with domain and reason, the field in BadRequest, the delay in RetryInfo."""
        error = InvalidArgument("Too long.", reason=Reason.TEXT_TOO_LONG, field="text", retry_after_ms=1500)

        status = to_status(error)

        info = unpacked(status, ErrorInfo)
        assert (DOMAIN, "TEXT_TOO_LONG") == (info.domain, info.reason)
        assert "text" == unpacked(status, BadRequest).field_violations[0].field
        assert 1500 == unpacked(status, RetryInfo).retry_delay.ToMilliseconds()

    def test_a_subclass_takes_the_code_of_its_nearest_ancestor(self):
        """A new kind of error needs no line of its own in the table."""

        class MilvusGone(Unavailable):
            """For this test."""

        assert CODES[Unavailable] == to_status(MilvusGone("Gone.", reason=Reason.INTERNAL)).code

    def test_what_clients_named_is_shortened(self):
        """A status travels as headers, which are bounded: names and texts of the client's own are cut."""
        error = InvalidArgument(
            "汉" * 5000, reason=Reason.FIELD_INVALID, field="é" * 5000, metadata={"name": "x" * 5000}
        )

        status = to_status(error)

        assert status.ByteSize() < 3000
        assert status.message.startswith("汉汉")
        assert status.message.endswith("…")
        assert unpacked(status, BadRequest).field_violations[0].field.endswith("é…")
        assert Reason.FIELD_INVALID == unpacked(status, ErrorInfo).reason

    def test_nothing_internal_leaves_without_its_cause_in_the_log(self):
        """Of a call or of one item of many: the client learns nothing, so the log has to know."""
        error = Internal()
        error.__cause__ = KeyError("why")

        with capture_logs() as logs:
            to_status(error)
            to_status(InvalidArgument("Told.", reason=Reason.FIELD_INVALID))

        assert [("unexpected error", error)] == [(each["event"], each["exc_info"]) for each in logs]


class TestFromStatus:
    def test_words_of_strangers_are_not_passed_on(self):
        """A status without our ErrorInfo says nothing but INTERNAL."""
        error = from_status(Status(code=3, message="/etc/secret is unreadable"))

        assert (Internal, "Internal error.") == (type(error), error.message)
