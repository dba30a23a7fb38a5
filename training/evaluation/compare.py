"""Which of two packs is better on the same queries, and whether that is clear."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.errors import TrainingError
from training.evaluation.bootstrap import Difference, paired_difference
from training.evaluation.figures import METRICS
from training.evaluation.report import Compared
from training.files import write_whole

COMPARISON_FILE = "comparison.json"


@dataclass(frozen=True)
class Comparison:
    """The differences between A and B, by direction and metric."""

    a: Mapping[str, object]
    b: Mapping[str, object]
    differences: Mapping[str, Mapping[str, Difference]]


def compare(a: Compared, b: Compared, seed: int = 0) -> Comparison:
    """Return how A and B differ in every metric of every direction.

    Raises:
        TrainingError: they are over different queries: then nothing can be said.
    """
    if a.queries != b.queries or a.digest != b.digest:
        raise TrainingError(
            f"the two reports are over different queries ({_told(a)}; {_told(b)}); evaluate both on the same data"
        )
    differences = {
        direction: {
            metric: paired_difference(np.array(values[metric]), np.array(b.values[direction][metric]), seed)
            for metric in METRICS
        }
        for direction, values in a.values.items()
    }
    return Comparison(a.subject, b.subject, differences)


def _told(report: Compared) -> str:
    count = sum(map(len, report.queries.values()))
    return f"{report.subject.get('pack')} on {report.subject.get('data')}: {count} queries, digest {report.digest}"


def verdict(direction: str, difference: Difference, metric: str) -> str:
    """Return in a sentence which is better, or that it is not clear."""
    by = f"{metric} {difference.a:.3f} against {difference.b:.3f}, difference {difference.a - difference.b:+.3f}"
    interval = f"95 % interval {difference.low:+.3f} … {difference.high:+.3f}, {difference.queries} queries"
    words = {"A": "A is better", "B": "B is better", "not clear": "the difference is not clear"}
    return f"{direction}: {words[difference.verdict]} ({by}, {interval})"


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write *comparison* to comparison.json in *folder*."""
    content = {
        "a": comparison.a,
        "b": comparison.b,
        "differences": {
            direction: {
                metric: {**dataclasses.asdict(each), "better": each.verdict}
                for metric, each in metrics.items()
            }
            for direction, metrics in comparison.differences.items()
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / COMPARISON_FILE, f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode())
