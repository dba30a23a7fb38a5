"""How much of a stream may be under way at once."""

import asyncio


class Window:
    """Counts what is taken and not yet given back, in items and in bytes.

    The number of items is halved when the suite is loaded, and grows back by what succeeds (additive increase,
    multiplicative decrease: Chiu and Jain, 1989).

    Args:
        items_max: the largest number of items.
        bytes_max: the bytes of them; one item that is larger is let in when nothing else is there.
        items_min: the number of items never falls below.
    """

    def __init__(self, items_max: int, bytes_max: int, items_min: int = 1) -> None:
        self.size = items_max
        self._items_max, self._items_min, self._bytes_max = items_max, min(items_min, items_max), bytes_max
        self._items = self._bytes = 0
        self._changed = asyncio.Event()

    @property
    def items(self) -> int:
        """How many are under way."""
        return self._items

    @property
    def is_empty(self) -> bool:
        """Whether nothing is under way."""
        return not self._items

    async def take(self, size_bytes: int) -> None:
        """Take an item of so many bytes; wait until there is room for it."""
        while not self._has_room(size_bytes):
            self._changed.clear()
            await self._changed.wait()
        self._items += 1
        self._bytes += size_bytes

    def give(self, items: int, size_bytes: int) -> None:
        """Give back *items* of so many bytes together."""
        self._items -= items
        self._bytes -= size_bytes
        self._changed.set()

    def shrink(self) -> None:
        """Let half as many items in."""
        self.size = max(self._items_min, self.size // 2)

    def grow(self, items: int) -> None:
        """Let *items* more in."""
        self.size = min(self._items_max, self.size + items)
        self._changed.set()

    def _has_room(self, size_bytes: int) -> bool:
        if not self._items:
            return True
        return self._items < self.size and self._bytes + size_bytes <= self._bytes_max
