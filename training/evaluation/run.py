"""An evaluation from data to report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.records import Dataset, Record, read_dataset
from training.errors import TrainingError
from training.evaluation.answers import Search
from training.evaluation.offline import OfflineSearch
from training.evaluation.page import write_page
from training.evaluation.queries import (
    FUSIONS,
    Query,
    by_direction,
    own_queries,
    products_of,
    read_queries,
)
from training.evaluation.report import Report, Subject, make_report, write_report
from training.evaluation.suite import SuiteSearch
from triptych.packs.verify import verify

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What is to be evaluated.

    Args:
        data: a folder in the article's layout, or a manifest.
        pack: the folder of a pack; None: what the suite serves.
        address: of the gateway; None: offline.
        queries: a file of queries; None: those that the data itself makes.
        split: what is searched; "" for all records.
        modalities: those that are asked and searched; empty: all that the pack and the data have.
        fusion: how several parts become one vector.
        limit: at most this many queries a direction, evenly chosen; 0 for all.
        seed: of the bootstrap.
    """

    data: Path
    pack: Path | None = None
    address: str | None = None
    queries: Path | None = None
    split: str = "test"
    modalities: tuple[str, ...] = ()
    fusion: str = FUSIONS[-1]
    limit: int = 0
    seed: int = 0


def evaluate(plan: Plan, folder: Path, progress: Progress = lambda *_: None) -> Report:
    """Carry out *plan* and write report.json and index.html to *folder*.

    Raises:
        TrainingError: the data or the queries cannot be used.
        PackError: the pack is not sound.
    """
    dataset = read_dataset(plan.data, for_training=False)
    products = products_of(dataset, plan.split)
    pack = verify(plan.pack) if plan.pack else None
    modalities = plan.modalities or (pack.modalities if pack else dataset.modalities)
    queries = questions(plan, products, modalities)
    search: Search
    if plan.address:
        search = SuiteSearch(plan.address, modalities, progress)
    else:
        assert plan.pack, "without an address there is a pack"
        search = OfflineSearch(plan.pack, modalities, progress)
    answers = search.answers(products, queries)
    subject = Subject(
        pack=f"{pack.name} {pack.version}" if pack else "",
        through="suite" if plan.address else "offline",
        data=plan.data.resolve().name,
        split=_split_of(dataset, plan.split),
        products=len(products),
    )
    report = make_report(subject, queries, answers, plan.seed)
    write_report(report, folder)
    write_page(report, products, queries, answers, folder)
    return report


def questions(plan: Plan, products: Sequence[Record], modalities: Sequence[str]) -> list[Query]:
    """Return the queries of *plan*.

    Raises:
        TrainingError: there is none, or one that asks what the pack does not encode.
    """
    if plan.queries:
        queries = read_queries(plan.queries, products, plan.fusion)
        for query in queries:
            if missing := set(query.modalities) - set(modalities):
                raise TrainingError(
                    f"{plan.queries}: query {query.id} has {missing.pop()}, but only {', '.join(modalities)} are encoded"
                )
    else:
        queries = own_queries(products, modalities, plan.fusion)
    if not queries:
        raise TrainingError(
            f"{plan.data}: no product has two of {', '.join(modalities)}, and none shares a label"
        )
    return [one for group in by_direction(queries).values() for one in _some(group, plan.limit)]


def _some(queries: Sequence[Query], limit: int) -> Sequence[Query]:
    """Return at most *limit* of *queries*, from all over them."""
    if not limit or len(queries) <= limit:
        return queries
    return [queries[at * len(queries) // limit] for at in range(limit)]


def _split_of(dataset: Dataset, split: str) -> str:
    return split if split and dataset.split(split) else "all"
