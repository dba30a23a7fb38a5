"""A stream of products, seen from the client: sent in constant memory, gone on with when it breaks.

`triptych.client.Client.ingest` is the way in; what the messages mean is written in protos/ and docs/ingest.md.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import grpc
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from triptych.outbox import Outbox
from triptych.v1 import catalog_service_pb2 as pb

Item = pb.IngestProductsRequest.Item
BackOff = pb.IngestProductsResponse.BackOff

# What a break of the stream looks like; anything else is told to the caller.
BROKEN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,  # by the server; our own never gets here
    }
)
# No message holds more; such a product is refused without being sent.
ITEM_BYTES_MAX = 79 * 1024 * 1024
TOKEN_REFUSED = "RESUME_TOKEN_INVALID"  # noqa: S105 - no secret
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0


@dataclass(frozen=True)
class Ingested:
    """What became of a product.

    Attributes:
        sequence: its place, from 1.
        id: its id.
        error: why it was refused; None where it is stored.
        resume_token: goes on after what is settled, and never before anything that was not yielded yet.
    """

    sequence: int
    id: str
    error: Status | None
    resume_token: str


class Ingestion:
    """Sends items and yields what became of each, in any order; may be iterated once.

    Args:
        method: IngestProducts of a stub.
        items: are taken in another thread, no faster than they are stored.
        catalog: the catalogue; empty for "default".
        resume_token: of an earlier ingestion of the same items: those that it settled are passed over.
        patience_s: how long to go on when nothing can be stored.
        on_back_off: is told when the suite asks for less.
    """

    def __init__(
        self,
        method: "grpc.StreamStreamMultiCallable[pb.IngestProductsRequest, pb.IngestProductsResponse]",
        items: Iterable[Item],
        *,
        catalog: str = "",
        resume_token: str = "",
        patience_s: float = 120.0,
        on_back_off: Callable[[BackOff], None] | None = None,
    ) -> None:
        self._resume_token = self._given_token = resume_token
        self._method, self._items, self._catalog = method, items, catalog
        self._patience_s, self._on_back_off = patience_s, on_back_off
        self._outbox = Outbox()
        self._too_large: deque[Item] = deque()
        self._progress_s = 0.0

    def __iter__(self) -> Iterator[Ingested]:
        """Yield what became of each item.

        Raises:
            grpc.RpcError: the stream was refused, or broke and could not be gone on with.
            Exception: what *items* raised, once everything before it is settled.
        """
        self._progress_s = time.monotonic()
        threading.Thread(target=self._feed, name="triptych-ingest", daemon=True).start()
        retrying = Retrying(
            retry=retry_if_exception(self._can_go_on),
            wait=wait_random_exponential(FIRST_WAIT_S, LONGEST_WAIT_S),
            stop=self._is_out_of_patience,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    yield from self._stream()
            yield from self._refused_here()
        finally:
            self._outbox.abandon()
        if self._outbox.failure is not None:
            raise self._outbox.failure

    def _feed(self) -> None:
        try:
            for item in self._items:
                if item.ByteSize() > ITEM_BYTES_MAX:
                    self._too_large.append(pb.IngestProductsRequest.Item(sequence=item.sequence))
                    self._too_large[-1].product.id = item.product.id
                elif not self._outbox.put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised where the caller is
            self._outbox.close(error)
        else:
            self._outbox.close()

    def _stream(self) -> Iterator[Ingested]:
        call = self._method(self._requests(self._outbox.begin()))
        try:
            for answer in call:
                yield from self._heard(answer)
        finally:
            self._outbox.end()
            call.cancel()

    def _requests(self, stream: int) -> Iterator[pb.IngestProductsRequest]:
        start = pb.IngestProductsRequest.Start(catalog=self._catalog, resume_token=self._resume_token)
        yield pb.IngestProductsRequest(start=start)
        while items := self._outbox.next(stream):
            yield pb.IngestProductsRequest(items=pb.IngestProductsRequest.Items(items=items))

    def _heard(self, answer: pb.IngestProductsResponse) -> Iterator[Ingested]:
        kind = answer.WhichOneof("message")
        if kind == "started":
            self._outbox.pass_over(answer.started.next_sequence)
            self._outbox.allow(answer.started.window)
        elif kind == "acks":
            self._progress_s = time.monotonic()
            yield from self._acknowledged(answer.acks)
        elif kind == "back_off":
            self._outbox.allow(answer.back_off.window)
            if self._on_back_off:
                self._on_back_off(answer.back_off)

    def _acknowledged(self, acks: pb.IngestProductsResponse.Acks) -> Iterator[Ingested]:
        self._outbox.settle(ack.sequence for ack in acks.acks)
        self._outbox.allow(acks.window)
        before, self._resume_token = self._resume_token, acks.resume_token
        last = len(acks.acks) - 1
        for place, ack in enumerate(acks.acks):
            error = ack.result.error if ack.result.HasField("error") else None
            token = self._resume_token if place == last else before
            yield Ingested(ack.sequence, ack.result.id, error, token)

    def _refused_here(self) -> Iterator[Ingested]:
        while self._too_large:
            item = self._too_large.popleft()
            message = f"A product has at most {ITEM_BYTES_MAX} bytes with its media."
            error = Status(code=Code.INVALID_ARGUMENT, message=message)
            yield Ingested(item.sequence, item.product.id, error, self._resume_token)

    def _can_go_on(self, error: BaseException) -> bool:
        if not isinstance(error, grpc.RpcError):
            return False
        if reason_of(error) == TOKEN_REFUSED and self._resume_token != self._given_token:
            # Another gateway, with another key: what is not settled is known here too.
            self._resume_token = self._given_token = ""
            return True
        return error.code() in BROKEN

    def _is_out_of_patience(self, _: RetryCallState) -> bool:
        return time.monotonic() - self._progress_s > self._patience_s


def reason_of(error: grpc.RpcError) -> str:
    """Return why the suite ended a call; empty where gRPC itself did."""
    info = ErrorInfo()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        detail.Unpack(info)
    return str(info.reason)
