"""Streams of products: items, and what the client is told of them."""

from collections.abc import Callable
from dataclasses import replace

from google.protobuf.duration_pb2 import Duration

from gateway.core.ingest.model import Ack, Acks, BackOff, Finished, Item
from gateway.core.model.catalog import NewProduct
from gateway.translate.updates import checked, result, token
from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as pb

# A product with an etag is the same write in every stream.
REQUEST = "ingest"


def item(message: pb.IngestProductsRequest.Item, taken_s: float) -> Item:
    """Return an item that came at *taken_s*."""
    product = checked(message.product)
    if isinstance(product, NewProduct) and product.terms.etag:
        # Streams send again what was stored and not acknowledged: its own etag must not stand in its way.
        product = replace(product, terms=replace(product.terms, request=token(REQUEST, message.product)))
    return Item(message.sequence, message.product.id, product, message.ByteSize(), taken_s=taken_s)


def started(settled: int, window: int) -> pb.IngestProductsResponse:
    """Return the answer to the first message."""
    return pb.IngestProductsResponse(
        started=pb.IngestProductsResponse.Started(next_sequence=settled + 1, window=window)
    )


def told(what: Acks | BackOff, token_of: Callable[[int], str]) -> pb.IngestProductsResponse:
    """Return what the client is told; *token_of* makes the resume token of a sequence."""
    if isinstance(what, BackOff):
        return back_off(what)
    return pb.IngestProductsResponse(
        acks=pb.IngestProductsResponse.Acks(
            acks=[ack(each) for each in what.acks],
            resume_token=token_of(what.settled),
            window=what.window,
        )
    )


def ack(each: Ack) -> pb.IngestProductsResponse.Ack:
    """Return what became of an item."""
    return pb.IngestProductsResponse.Ack(
        sequence=each.item.sequence, result=result(each.item.id, each.outcome)
    )


def back_off(what: BackOff) -> pb.IngestProductsResponse:
    """Return the request to send less for a while."""
    delay = Duration()
    delay.FromNanoseconds(int(what.delay_s * 1e9))
    return pb.IngestProductsResponse(
        back_off=pb.IngestProductsResponse.BackOff(
            window=what.window, delay=delay, reason=to_status(what.reason)
        )
    )


def finished(what: Finished) -> pb.IngestProductsResponse:
    """Return the last message."""
    return pb.IngestProductsResponse(
        finished=pb.IngestProductsResponse.Finished(stored=what.stored, refused=what.refused)
    )
