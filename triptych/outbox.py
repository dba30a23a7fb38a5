"""Items between the thread that makes them and the stream that sends them, until each is settled."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable

from triptych.v1 import catalog_service_pb2 as pb

Item = pb.IngestProductsRequest.Item

GROUP_ITEMS_MAX = 100
GROUP_BYTES_MAX = 1024 * 1024
# Of what waits to be sent; what is sent is bounded by the server's window, and by the bytes of both together.
WAITING_ITEMS_MAX = 256
BYTES_MAX = 64 * 1024 * 1024


class Outbox:
    """Keeps items in order; safe for threads. What was sent on a stream that broke is sent again on the next.

    Attributes:
        failure: what the maker of the items ended with, if not with the last item.
    """

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self._changed = threading.Condition()
        self._waiting: deque[Item] = deque()
        self._sent: OrderedDict[int, Item] = OrderedDict()
        self._bytes = 0
        self._window = 0
        self._from = 1
        self._stream = 0
        self._closed = self._abandoned = False

    def put(self, item: Item) -> bool:
        """Add an item, once there is room for it; return whether more are wanted."""
        with self._changed:
            if item.sequence < self._from:
                return not self._abandoned
            size_bytes = item.ByteSize()
            self._changed.wait_for(lambda: self._abandoned or self._has_room(size_bytes))
            if item.sequence >= self._from:
                self._waiting.append(item)
                self._bytes += size_bytes
                self._changed.notify_all()
            return not self._abandoned

    def close(self, failure: BaseException | None = None) -> None:
        """Say that there are no more items, or why there can be none."""
        with self._changed:
            self._closed, self.failure = True, failure
            self._changed.notify_all()

    def abandon(self) -> None:
        """Want nothing more."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()

    def begin(self) -> int:
        """Begin a stream, whose number is returned; nothing is sent before `allow`."""
        with self._changed:
            self._stream += 1
            self._window = 0
            self._waiting.extendleft(reversed(self._sent.values()))
            self._sent.clear()
            return self._stream

    def end(self) -> None:
        """End the stream: nothing more is sent on it."""
        with self._changed:
            self._stream += 1
            self._changed.notify_all()

    def allow(self, window: int) -> None:
        """Let so many items be under way."""
        with self._changed:
            self._window = window
            self._changed.notify_all()

    def pass_over(self, until: int) -> None:
        """Drop what comes before the sequence *until*: it was settled by a stream before."""
        with self._changed:
            self._from = until
            while self._waiting and self._waiting[0].sequence < until:
                self._bytes -= self._waiting.popleft().ByteSize()
            self._changed.notify_all()

    def settle(self, sequences: Iterable[int]) -> None:
        """Forget items."""
        with self._changed:
            for sequence in sequences:
                self._bytes -= self._sent.pop(sequence).ByteSize()
            self._changed.notify_all()

    def next(self, stream: int) -> list[Item]:
        """Return the next items to send on *stream*, as soon as there are any; none when it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._can_send() or self._is_over(stream))
            if self._is_over(stream):
                return []
            return self._group()

    def _has_room(self, size_bytes: int) -> bool:
        if not self._waiting and not self._sent:
            return True
        return len(self._waiting) < WAITING_ITEMS_MAX and self._bytes + size_bytes <= BYTES_MAX

    def _can_send(self) -> bool:
        return bool(self._waiting) and len(self._sent) < self._window

    def _is_over(self, stream: int) -> bool:
        return stream != self._stream or (self._closed and not self._waiting)

    def _group(self) -> list[Item]:
        room = min(GROUP_ITEMS_MAX, self._window - len(self._sent))
        group = [self._waiting.popleft()]
        size_bytes = group[0].ByteSize()
        while self._waiting and len(group) < room:
            size_bytes += self._waiting[0].ByteSize()
            if size_bytes > GROUP_BYTES_MAX:
                break
            group.append(self._waiting.popleft())
        self._sent.update((item.sequence, item) for item in group)
        return group
