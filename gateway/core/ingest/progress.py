"""How far a stream came."""

from collections import deque


class Progress:
    """Knows up to which sequence everything is settled, whatever the order in which items are."""

    def __init__(self, settled: int = 0) -> None:
        self.settled = settled
        self._taken: deque[int] = deque()
        self._done: set[int] = set()
        self._last = settled

    @property
    def last(self) -> int:
        """The sequence of the last item that was taken; of the last settled one where none was."""
        return self._last

    def take(self, sequence: int) -> None:
        """Note an item that came; its sequence is larger than `last`."""
        self._last = sequence
        self._taken.append(sequence)

    def settle(self, sequence: int) -> None:
        """Note that an item is settled."""
        self._done.add(sequence)
        while self._taken and self._taken[0] in self._done:
            self.settled = self._taken.popleft()
            self._done.remove(self.settled)
