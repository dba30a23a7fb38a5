"""Records an event after the other and prints the id of each that was acknowledged, until it is killed."""

import asyncio
import itertools
import sys
from pathlib import Path

from gateway.adapters.events import SqliteEvents
from gateway.core.feedback.model import Event, Shown
from triptych.vocabulary.choices import EventType


async def main() -> None:
    """Write to the file of the command line."""
    store = SqliteEvents(Path(sys.argv[1]), 2**30)
    for number in itertools.count():
        shown = Shown(f"s{number}", "shop", 0.0, "text", ("cosine",), {"a": (0.5,)})
        await store.record([Event(f"e{number}", "a", EventType.BOUGHT, 0.0, shown)])
        print(number, flush=True)


asyncio.run(main())
