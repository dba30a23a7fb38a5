"""What customers did."""

from gateway.core.feedback.model import SentEvent
from gateway.core.feedback.recording import Feedback
from gateway.metrics import EVENTS
from gateway.service.context import Context
from gateway.translate import feedback, queries
from triptych.runtime.validation import validate
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.vocabulary.errors import TriptychError


class FeedbackService(feedback_grpc.FeedbackServiceServicer):
    """triptych.v1.FeedbackService."""

    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    async def RecordEvents(
        self, request: feedback_pb.RecordEventsRequest, context: Context
    ) -> feedback_pb.RecordEventsResponse:
        """Keep what customers did, each event with its own outcome."""
        outcomes = await self._feedback.record([checked(event) for event in request.events])
        for error in outcomes:
            EVENTS.labels("refused" if error else "recorded").inc()
        return feedback.record_response(outcomes)

    async def ListEvents(
        self, request: feedback_pb.ListEventsRequest, context: Context
    ) -> feedback_pb.ListEventsResponse:
        """Return what was kept."""
        after, limit = feedback.page(request)
        found = await self._feedback.answers(request.catalog or queries.CATALOG_DEFAULT, after, limit)
        return feedback.list_response(found, limit)


def checked(event: feedback_pb.ShownEvent) -> SentEvent | TriptychError:
    """Return an event to keep, or why it breaks the schema's rules."""
    try:
        validate(event)
        return feedback.sent_event(event)
    except TriptychError as error:
        return error
