"""What became of each line of a file: in its order to the file of errors, and to the checkpoint."""

import os
import threading
import time
from collections import OrderedDict
from typing import TextIO

from triptych.cli.checkpoint import Checkpoint
from triptych.cli.product_files import Line

SAVED_EVERY_S = 1.0


class Ledger:
    """Keeps the lines under way; *errors* gets those that were refused, in the order of the file.

    Lines come in from one thread, and are settled in another. Lines that are settled behind one that is not are written
    with it, so that what the checkpoint says is one number.
    """

    def __init__(self, checkpoint: Checkpoint, errors: TextIO) -> None:
        self._checkpoint, self._errors = checkpoint, errors
        self._under_way: OrderedDict[int, Line] = OrderedDict()
        self._settled: dict[int, str] = {}
        self._lock = threading.Lock()
        self._saved_s = time.monotonic()

    @property
    def done(self) -> int:
        """How many lines are settled, from the first on, earlier runs included."""
        return self._checkpoint.done

    @property
    def refused(self) -> int:
        """How many of those were refused."""
        return self._checkpoint.refused

    def take(self, place: int, line: Line) -> None:
        """Note the line at *place*, from 1; one that is broken is settled at once."""
        with self._lock:
            self._under_way[place] = Line(line.number, line.raw)
            if line.product is None:
                self._settled[place] = line.error

    def settle(self, place: int, product_id: str, why: str = "") -> None:
        """Note that a line is stored, or *why* it was refused."""
        with self._lock:
            self._settled[place] = why
            if not why:
                self._checkpoint.last_id = product_id
        self.advance()
        if time.monotonic() - self._saved_s > SAVED_EVERY_S:
            self.save()

    def advance(self) -> None:
        """Write what has no open line before it."""
        with self._lock:
            while self._under_way and (place := next(iter(self._under_way))) in self._settled:
                line, why = self._under_way.pop(place), self._settled.pop(place)
                if why:
                    self._checkpoint.refused += 1
                    self._errors.write(line.as_error(why) + "\n")
                self._checkpoint.done = place

    def save(self) -> None:
        """Keep how far it came."""
        self._errors.flush()
        self._checkpoint.errors_bytes = os.fstat(self._errors.fileno()).st_size
        self._checkpoint.save()
        self._saved_s = time.monotonic()
