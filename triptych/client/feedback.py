"""What customers did."""

from collections.abc import Iterator, Sequence

from google.rpc.status_pb2 import Status

from triptych.client.calls import TIMEOUT_S, call, pages_of
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc


class FeedbackCalls:
    """Calls of triptych.v1.FeedbackService."""

    _feedback: feedback_grpc.FeedbackServiceStub

    def record(
        self, events: Sequence[feedback_pb.ShownEvent], *, timeout_s: float = TIMEOUT_S
    ) -> list[Status]:
        """Record what customers did, up to 1000 events; return what became of each, in their order: code 0 is recorded.

        Sending an event again is harmless. Raises TriptychClientError.
        """
        request = feedback_pb.RecordEventsRequest(events=events)
        return list(call(self._feedback.RecordEvents, request, timeout_s).outcomes)

    def events(
        self, *, catalog: str = "", page_size: int = 0, timeout_s: float = 60.0
    ) -> Iterator[feedback_pb.ShownAnswer]:
        """Yield the answers of which an event was recorded, oldest first, page by page; raises TriptychClientError."""
        request = feedback_pb.ListEventsRequest(catalog=catalog, page_size=page_size)
        for page in pages_of(self._feedback.ListEvents, request, timeout_s):
            yield from page.answers
