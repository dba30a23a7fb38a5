"""The demonstration catalogue, in a suite of a benchmark's own."""

import time
from pathlib import Path

from bench.ingest import ingest, pictured
from training.demo import write as demo
from triptych.client import Client

CATALOG = "demo"
# Until what was stored is found by everybody.
SEEN_S = 3.0


def store(address: str, folder: Path, count: int) -> None:
    """Store the first *count* products of the demonstration catalogue, with pictures, which are rendered in *folder*."""
    demo.write(folder, count, with_queries=False)
    with Client(address) as shop:
        ingest(shop, CATALOG, list(pictured(folder)))
    time.sleep(SEEN_S)
