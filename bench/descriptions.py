"""How often the running suite names category and colour of an unseen product's photo rightly.

    triptych up
    python -m bench.descriptions [--address 127.0.0.1:7100] [--split test] [--count 300]

Sends photos of products whose combinations never occur in training to DescribeImage. A sentence is right when it names
the product's category and colour and no other ones; synonyms count. Writes bench/out/descriptions.json.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.quality import photo
from training.demo.items import items
from training.demo.queries import queries
from training.describe.demo import is_right, named_rightly
from triptych.client import Client

IN_FLIGHT = 4
OUT = Path(__file__).parent / "out" / "descriptions.json"


def measure(address: str, split: str, count: int) -> dict[str, object]:
    """Return the shares that are right, and examples of both."""
    by_id = {item.id: item for item in items()}
    asked = queries(split, "photo", count)
    shown = [by_id[query.photo_of] for query in asked]
    photos = [photo(item, query.photo_view).image.data for item, query in zip(shown, asked, strict=True)]
    with Client(address) as client, ThreadPoolExecutor(IN_FLIGHT) as pool:
        answers = list(pool.map(lambda data: client.describe(data, timeout_s=30), photos))
    pairs = [(answer.description, item) for answer, item in zip(answers, shown, strict=True)]
    right = np.array([is_right(*pair) for pair in pairs])
    confidence = np.array([answer.confidence for answer in answers])
    return {
        "split": split,
        "photos": len(pairs),
        "category and colour": round(float(right.mean()), 4),
        **{name: round(float(np.mean([named_rightly(*pair, name) for pair in pairs])), 4) for name in ("category", "colour")},
        "mean confidence where right": round(float(confidence[right].mean()), 4),
        "mean confidence where wrong": round(float(confidence[~right].mean()), 4) if not right.all() else None,
        "examples": [{"said": said, "is": " ".join(item.combination)} for said, item in pairs[:8]],
    }  # fmt: skip


def main() -> None:
    """Measure, print, write down."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--address", default="127.0.0.1:7100")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--count", type=int, default=300)
    arguments = parser.parse_args()
    figures = measure(arguments.address, arguments.split, arguments.count)
    table = Table("figure", "value")
    for name, value in figures.items():
        if name != "examples":
            table.add_row(name, str(value))
    Console().print(table)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
