"""Streams of products: items, and what the client is told of them."""

from collections.abc import Callable

from google.protobuf.duration_pb2 import Duration

from gateway.core.ingest.model import Ack, Acks, BackOff, Finished, Item
from gateway.translate.updates import checked
from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as pb


def item(message: pb.IngestProductsRequest.Item, taken_s: float) -> Item:
    """Return an item that came at *taken_s*."""
    return Item(
        message.sequence, message.product.id, checked(message.product), message.ByteSize(), taken_s=taken_s
    )


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
    result = pb.UpsertProductResult(id=each.item.id)
    if each.error is not None:
        result.error.CopyFrom(to_status(each.error))
    if each.written is not None:
        result.etag, result.superseded = each.written.etag, each.written.superseded
        result.superseded_paths.extend(each.written.superseded_paths)
    return pb.IngestProductsResponse.Ack(sequence=each.item.sequence, result=result)


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
