"""`triptych evaluate`: how good a pack is on a shop's own data, and which of two is better."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TaskID
from rich.table import Table

from triptych.cli.bars import bar
from triptych.cli.output import EXIT_BAD_INPUT, fail, headed, out

# As in suite.py: torch is imported by the command that uses it.
if TYPE_CHECKING:
    from training.evaluation.compare import Comparison
    from training.evaluation.report import Report
    from training.evaluation.run import Plan

SHOWN = ("R@1", "R@10", "P@10", "MRR", "nDCG@10", "mAP")

Data = Annotated[
    Path | None, typer.Argument(help="A manifest (.jsonl) or a folder train/, test/ {text,images,audio}.")
]
Pack = Annotated[str, typer.Option(help="NAME, NAME-VERSION, or a folder: evaluated offline.")]
Gateway = Annotated[
    str, typer.Option(help="HOST:PORT of a gateway: what the suite serves is evaluated through it.")
]
Compare = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="A B", help="Two reports over the same queries, or (with DATA) two packs."),
]


def evaluate(
    data: Data = None,
    pack: Pack = "",
    address: Gateway = "",
    compare: Compare = None,
    queries: Annotated[
        Path | None, typer.Option(help="A file of queries; default: those the data makes.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Which part of the data is searched: test, dev, train or all.")
    ] = "test",
    modalities: Annotated[str, typer.Option(help="Use these only, such as text,image.")] = "",
    fusion: Annotated[
        str, typer.Option(help="concatenation, weighted_sum, bilinear or learned.")
    ] = "learned",
    limit: Annotated[int, typer.Option(min=0, help="At most so many queries a direction; 0: all.")] = 0,
    to: Annotated[Path, typer.Option(help="Folder for report.json and index.html.")] = Path("var/evaluation"),
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
) -> None:
    """Measure a pack on data, offline or through the running suite; or say which of two is better."""
    from training.errors import TrainingError
    from training.evaluation.run import Plan
    from triptych.packs.pack import PackError

    try:
        plan = Plan(
            data=data or Path(),
            queries=queries,
            split="" if split == "all" else split,
            modalities=_modalities(modalities),
            fusion=_fusion(fusion),
            limit=limit,
            seed=seed,
        )
        if compare:
            _compare(compare, plan if data else None, to, seed)
        else:
            _evaluate(plan, data, pack, address, to)
    except (TrainingError, PackError) as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error


def _evaluate(plan: "Plan", data: Path | None, pack: str, address: str, to: Path) -> None:
    from dataclasses import replace

    if data is None or not (pack or address):
        raise fail("say what to evaluate: DATA and --pack FOLDER or --address HOST:PORT", EXIT_BAD_INPUT)
    report = _run(replace(plan, pack=_folder(pack) if pack else None, address=address or None), to)
    out.print(_figures(report))
    out.print(headed("\nSee it:", f"file://{(to / 'index.html').resolve()}"), soft_wrap=True)


def _run(plan: "Plan", to: Path) -> "Report":
    """Evaluate with a bar of progress for each step."""
    from training.evaluation.run import evaluate

    with bar() as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            task = (
                tasks.setdefault(what, bars.add_task(what, total=total)) if what not in tasks else tasks[what]
            )
            bars.update(task, completed=done, total=total)

        return evaluate(plan, to, progress)


def _folder(pack: str) -> Path:
    from triptych.cli.pack import store_of
    from triptych.cli.suite import suite_settings

    return store_of(suite_settings()).find(pack)


def _compare(both: tuple[str, str], plan: "Plan | None", to: Path, seed: int) -> None:
    """Compare two reports; with data, evaluate two packs on it first."""
    from dataclasses import replace

    from training.evaluation.compare import compare, write_comparison
    from training.evaluation.report import read_report

    reports = [Path(each) for each in both]
    if plan:
        reports = [to / "A", to / "B"]
        for pack, folder in zip(both, reports, strict=True):
            _run(replace(plan, pack=_folder(pack)), folder)
    comparison = compare(read_report(reports[0]), read_report(reports[1]), seed)
    out.print(f"A is {_name(comparison.a)}, B is {_name(comparison.b)}")
    _print_comparison(comparison)
    write_comparison(comparison, to)


def _print_comparison(comparison: "Comparison") -> None:
    from training.evaluation.compare import verdict

    for direction, differences in comparison.differences.items():
        table = Table(
            "metric", "A", "B", "A - B", "95 % interval", "better", title=direction, title_justify="left"
        )
        for metric, each in differences.items():
            interval = f"{each.low:+.4f} … {each.high:+.4f}"
            table.add_row(
                metric, f"{each.a:.4f}", f"{each.b:.4f}", f"{each.a - each.b:+.4f}", interval, each.verdict
            )
        out.print(table)
        out.print(verdict(direction, differences["nDCG@10"], "nDCG@10"), soft_wrap=True)


def _name(subject: object) -> str:
    assert isinstance(subject, dict)
    return f"{subject.get('pack') or 'the served pack'} on {subject.get('data')} ({subject.get('through')})"


def _figures(report: "Report") -> Table:
    table = Table("direction", "queries", *SHOWN, "pairs", "ECE")
    for each in report.directions:
        means = [f"{each.figures[metric].mean:.3f}" for metric in SHOWN]
        table.add_row(
            each.name,
            str(len(each.queries)),
            *means,
            f"{each.pair_accuracy:.3f}",
            f"{each.calibration.error:.3f}",
        )
    return table


def _modalities(words: str) -> tuple[str, ...]:
    from training.evaluation.queries import MODALITIES

    given = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := set(given) - set(MODALITIES):
        raise fail(f"--modalities {unknown.pop()}: allowed are {', '.join(MODALITIES)}", EXIT_BAD_INPUT)
    return tuple(name for name in MODALITIES if name in given)


def _fusion(word: str) -> str:
    from training.evaluation.queries import FUSIONS

    if word not in FUSIONS:
        raise fail(f"--fusion {word}: allowed are {', '.join(FUSIONS)}", EXIT_BAD_INPUT)
    return word
