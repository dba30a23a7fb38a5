"""Whether probabilities can be believed, and whether what a shop has not is told: on the demonstration catalogue.

    python -m bench.relevance [--count 150] [--seed 0] [--demo var/demo] [--work var/relevance] [--address HOST:PORT]

Every sixth category is left out of the catalogue. Curves are fitted, as `triptych calibrate` does, on queries of the dev
part for what it has; figures are of the test part, whose combinations neither training nor fitting has met, and of both
parts' queries for the categories that it has not. Without --address a suite of its own serves the demonstration pack.
Writes bench/out/relevance.json.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.own_suite import own_suite
from bench.quality import parts, photo
from training.calibration.fit import TOP, fit_curves
from training.calibration.gather import DEPTH, Judgement, gather, in_flight
from training.calibration.photos import Catalogue, KnownPhoto
from training.calibration.recognition import fit_recognition
from training.calibration.rows import Array
from training.demo.items import Item, items
from training.demo.queries import Query, queries, right
from training.demo.write import write
from training.evaluation.calibration import error_interval, error_of_perfect, expected_calibration_error
from triptych.cli.calibrate import merged, table_of
from triptych.client import Client
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

OUT = Path(__file__).parent / "out" / "relevance.json"
PACK = Path("triton/model_repository")
CATALOG = "relevance"
LEAVE_OUT_EVERY = 6
# The kind of query that a curve is for, by the kinds of the demonstration catalogue.
KINDS = {"text_en": "text", "text_zh": "text", "photo": "image", "voice": "audio", "composed": "mixed"}
TIMEOUT_S = 60.0
Row = dict[str, object]


def without(catalogue: Sequence[Item]) -> frozenset[str]:
    """Return the categories that are left out."""
    return frozenset(sorted({item.category for item in catalogue})[::LEAVE_OUT_EVERY])


def asked(kind: str, split: str, count: int, gone: frozenset[str], *, present: bool) -> list[Query]:
    """Return queries for what the catalogue has, or for what it has not."""
    return [
        query for query in queries(split, kind, count) if (query.wanted["category"] not in gone) is present
    ]


def sent(query: Query, by_id: dict[str, Item]) -> list[pb.QueryPart]:
    """Return what a customer would send; a voice is compared as the sound that it is."""
    made = parts(query, by_id)
    for each in made:
        if each.HasField("audio"):
            each.audio_mode = types_pb2.AUDIO_MODE_SOUND
    return made


def store(address: str, demo: Path, work: Path, gone: frozenset[str]) -> None:
    """Put the demonstration catalogue, but what is left out, into the suite."""
    write(demo, with_queries=False)
    lines = (demo / "products.jsonl").read_text().splitlines()
    kept = [line for line in lines if json.loads(line)["category"] not in gone]
    work.mkdir(parents=True, exist_ok=True)
    file = work / "products.jsonl"
    file.write_text("".join(f"{line}\n" for line in kept))
    command = [
        "ingest",
        file,
        "--media-root",
        demo,
        "--catalog",
        CATALOG,
        "--address",
        address,
        "--state",
        work,
    ]
    subprocess.run([sys.executable, "-m", "triptych.cli.main", *map(str, command)], check=True)


def fit(client: Client, by_id: dict[str, Item], gone: frozenset[str], count: int, seed: int) -> list[Row]:
    """Fit all curves on the dev part and give them to the catalogue; return them."""
    catalogue = [item for item in by_id.values() if item.category not in gone]
    judgements = (
        Judgement(query.id, tuple(sent(query, by_id)), frozenset(right(query, catalogue)))
        for kind in KINDS
        for query in asked(kind, "dev", count, gone, present=True)
    )
    curves, _ = fit_curves(list(gather(client, CATALOG, judgements)), seed)
    photos = (
        KnownPhoto(query.id, photo(by_id[query.photo_of], query.photo_view).image, product_id=query.photo_of)
        for query in asked("photo", "dev", count, gone, present=True)
    )
    recognition, _ = fit_recognition(list(Catalogue(client, CATALOG).look(photos)), seed)
    Console(width=170).print(table_of(curves | recognition))
    client.set_calibration(merged(client.facts(CATALOG).calibration, curves | recognition), catalog=CATALOG)
    return [
        {
            "curve": name,
            "intercept": curve.intercept,
            "weights": curve.weights,
            "ECE, dev, held out": curve.error,
        }
        for name, curve in (curves | recognition).items()
    ]


def relevance_figures(
    client: Client, by_id: dict[str, Item], gone: frozenset[str], kind: str, count: int
) -> Row:
    """Return how relevance does on one kind of query of the test part, and on queries for what is not there."""
    catalogue = [item for item in by_id.values() if item.category not in gone]
    present = asked(kind, "test", count, gone, present=True)
    absent = [query for split in ("dev", "test") for query in asked(kind, split, count, gone, present=False)]

    def search(query: Query) -> pb.SearchProductsResponse:
        return client.search(parts=sent(query, by_id), catalog=CATALOG, page_size=DEPTH, timeout_s=TIMEOUT_S)

    def cut(query: Query) -> pb.SearchProductsResponse:
        return client.search(
            parts=sent(query, by_id), catalog=CATALOG, min_relevance=0.5, timeout_s=TIMEOUT_S
        )

    told, truth, kept = [], [], []
    place: list[int] = []
    number: list[int] = []
    for at, (query, response) in enumerate(zip(present, in_flight(search, present), strict=True)):
        wanted = right(query, catalogue)
        assert all(result.HasField("relevance") for result in response.results)
        told += [result.relevance for result in response.results]
        truth += [result.product.id in wanted for result in response.results]
        place += range(len(response.results))
        number += [at] * len(response.results)
        kept.append(any(result.relevance >= 0.5 for result in response.results))
    likely, is_right, is_first = np.array(told), np.array(truth, float), np.array(place) < TOP
    empty = [not response.results for response in in_flight(cut, absent)]
    return {
        "queries": len(present),
        **errors("ECE", likely, is_right, np.array(number)),
        **errors("ECE, first ten", likely[is_first], is_right[is_first], np.array(number)[is_first]),
        "right of those kept": float(is_right[likely >= 0.5].mean()),
        "kept of the right": float((likely >= 0.5)[is_right > 0].mean()),
        "answered": float(np.mean(kept)),
        "asked in vain": len(absent),
        "of these empty": float(np.mean(empty)),
    }


def recognition_figures(client: Client, by_id: dict[str, Item], gone: frozenset[str], count: int) -> Row:
    """Return how recognition does on photos of the test part, and on photos of what is not there."""
    present = asked("photo", "test", count, gone, present=True)
    absent = [
        query for split in ("dev", "test") for query in asked("photo", split, count, gone, present=False)
    ]

    def recognise(query: Query) -> pb.RecognizeProductResponse:
        image = photo(by_id[query.photo_of], query.photo_view).image.data
        return client.recognize(image, catalog=CATALOG, matches=20, timeout_s=TIMEOUT_S)

    found, nothing = list(in_flight(recognise, present)), list(in_flight(recognise, absent))
    known = np.array([each.known_probability for each in (*found, *nothing)])
    has = np.repeat([1.0, 0.0], [len(found), len(nothing)])
    pairs = list(zip(present, found, strict=True))
    guesses = {
        name: [guessed(query, answer, name) for query, answer in pairs]
        for name in ("category", "colour", "pattern", "material", "product")
    }
    matches = [
        (m.probability, m.product.id == query.photo_of) for query, answer in pairs for m in answer.matches
    ]
    sure, is_right = np.array(guesses["product"], float).T
    return {
        "calibrated": all(each.calibrated for each in found),
        "photos": len(present),
        "known, ECE": expected_calibration_error(known, has),
        "taken for known": float((known[has > 0] >= 0.5).mean()),
        "photos of other things": len(absent),
        "of these nothing like it": float(np.mean([each.nothing_like_it for each in nothing])),
        **{f"{name} right": float(np.mean([ok for _, ok in some])) for name, some in guesses.items()},
        **{f"{name} ECE": ece(some) for name, some in guesses.items() if name != "product"},
        **errors("product ECE", sure, is_right, np.arange(len(found))),
        "all matches, ECE": ece(matches),
    }


def guessed(query: Query, answer: pb.RecognizeProductResponse, name: str) -> tuple[float, bool]:
    """Return how probable the first guess is said to be, and whether it is right."""
    if name == "product":
        best = answer.matches[0]
        return best.probability, best.product.id == query.photo_of
    if name == "category":
        guess = answer.categories[0] if answer.categories else pb.RecognizedValue()
    else:
        guess = answer.attributes[name] if name in answer.attributes else pb.RecognizedValue()
    return guess.probability, guess.value == query.wanted[name]


def errors(name: str, told: Array, truth: Array, query: NDArray[np.int64]) -> Row:
    """Return the calibration error, its interval over queries, and what of it chance alone would give."""
    low, high = error_interval(told, truth, query)
    mean, most = error_of_perfect(told)
    return {
        name: expected_calibration_error(told, truth),
        f"{name}, 95 % interval": f"{low:.3f}-{high:.3f}",
        f"{name}, of perfect ones": f"{mean:.3f}, {most:.3f} in 1 of 20",
    }


def ece(guesses: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error of (probability, whether right)."""
    told, truth = np.array(guesses, float).T
    return expected_calibration_error(told, truth)


@contextmanager
def suite_at(arguments: argparse.Namespace) -> Iterator[str]:
    """Return the address of the suite to measure."""
    if arguments.address:
        yield arguments.address
        return
    with own_suite(PACK, arguments.work / "suite") as address:
        yield address


def measure(arguments: argparse.Namespace) -> dict[str, list[Row]]:
    """Return all figures."""
    by_id = {item.id: item for item in items()}
    gone = without(list(by_id.values()))
    with suite_at(arguments) as address, Client(address) as client:
        store(address, arguments.demo, arguments.work, gone)
        before = recognition_figures(client, by_id, gone, arguments.count)
        curves = fit(client, by_id, gone, arguments.count, arguments.seed)
        rows: list[Row] = [
            {"query": kind} | relevance_figures(client, by_id, gone, kind, arguments.count) for kind in KINDS
        ]
        after = recognition_figures(client, by_id, gone, arguments.count)
    return {"left out": [{"category": each} for each in sorted(gone)], "curves": curves, "relevance": rows, "recognition": [before, after]}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--address", help="of a suite that serves the demonstration pack")
    parser.add_argument("--count", type=int, default=150, help="queries of each kind and part")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--demo", type=Path, default=Path("var/demo"), help="the catalogue's pictures")
    parser.add_argument("--work", type=Path, default=Path("var/relevance"), help="the suite's state")
    figures = measure(parser.parse_args())
    for name in ("relevance", "recognition"):
        table = Table(
            "figure", *(str(row.get("query", row.get("calibrated"))) for row in figures[name]), title=name
        )
        for figure in figures[name][0]:
            table.add_row(
                figure,
                *(f"{v:.4f}" if isinstance(v := row[figure], float) else str(v) for row in figures[name]),
            )
        Console(width=140).print(table)
    reporting.keep(figures, OUT)


if __name__ == "__main__":
    main()
