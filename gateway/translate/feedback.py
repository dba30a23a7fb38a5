"""Feedback: events as they are sent, answers as they were shown."""

from collections.abc import Sequence

from gateway.core.feedback.model import JudgedAnswer, SentEvent, Shown
from gateway.translate.recommendations import NANOS, seconds
from triptych.runtime.errors import to_status
from triptych.v1 import feedback_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import EventType
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1000
# The largest number that SQLite counts to.
NUMBER_MAX = 2**63 - 1


def sent_event(message: pb.ShownEvent) -> SentEvent:
    """Return an event as it was sent."""
    return SentEvent(
        message.event_id,
        message.attribution_token,
        message.product_id,
        EventType(message.type),
        seconds(message.time) if message.HasField("time") else None,
    )


def record_response(outcomes: Sequence[TriptychError | None]) -> pb.RecordEventsResponse:
    """Return what became of each event; an empty status is OK."""
    response = pb.RecordEventsResponse()
    for place, error in enumerate(outcomes):
        outcome = response.outcomes.add()
        if error is not None:
            outcome.CopyFrom(to_status(error.under(f"events[{place}]")))
    return response


def page(request: pb.ListEventsRequest) -> tuple[int, int]:
    """Return after which number, and how many.

    Raises:
        InvalidArgument: PAGE_TOKEN_INVALID.
    """
    token = request.page_token or "0"
    if not (token.isascii() and token.isdigit() and int(token) <= NUMBER_MAX):
        raise InvalidArgument(
            "The page token is none that this gateway made.",
            reason=Reason.PAGE_TOKEN_INVALID,
            field="page_token",
        )
    return int(token), min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)


def list_response(answers: Sequence[JudgedAnswer], limit: int) -> pb.ListEventsResponse:
    """Return answers with what was done, and where the next page begins."""
    return pb.ListEventsResponse(
        answers=[judged_message(each) for each in answers],
        next_page_token=str(answers[-1].number) if len(answers) == limit else "",
    )


def judged_message(answer: JudgedAnswer) -> pb.ShownAnswer:
    """Return an answer with what was done."""
    message = shown_message(answer.shown)
    for product in message.products:
        product.events.extend(
            types_pb2.EventType.ValueType(each) for each in answer.events.get(product.product_id, ())
        )
    return message


def shown_message(shown: Shown) -> pb.ShownAnswer:
    """Return an answer as it was shown; its catalogue is not in it."""
    message = pb.ShownAnswer(
        search_id=shown.search_id,
        query_kind=shown.kind,
        features=shown.features,
        products=[
            pb.ShownProduct(product_id=product_id, features=values)
            for product_id, values in shown.products.items()
        ],
    )
    message.time.FromNanoseconds(int(shown.time_s * NANOS))
    return message


def shown_of(catalog: str, message: pb.ShownAnswer) -> Shown:
    """Return an answer from its wire form."""
    return Shown(
        message.search_id,
        catalog,
        seconds(message.time),
        message.query_kind,
        tuple(message.features),
        {each.product_id: tuple(each.features) for each in message.products},
    )
