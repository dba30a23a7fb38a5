"""`triptych calibrate`: judgements to the curves by which a catalogue tells probabilities."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from triptych.cli.connection import connect
from triptych.cli.options import Address, Catalog
from triptych.cli.output import EXIT_BAD_INPUT, err, errors_as_lines, fail, out
from triptych.client import Client
from triptych.v1 import catalog_service_pb2 as pb

# As in suite.py: torch is imported by the command that uses it.
if TYPE_CHECKING:
    from training.calibration.fit import FittedCurve


def calibrate(
    judgements: Annotated[
        Path | None, typer.Argument(help="Queries with their right products, JSON Lines: docs/relevance.md.")
    ] = None,
    recognition: Annotated[
        Path | None, typer.Option(help="Photos with what they show, JSON Lines: docs/relevance.md.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Fit and report, but keep nothing.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the dealing of queries into those held out.")] = 0,
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
) -> None:
    """Fit what tells how probably a result is relevant, and a photo recognised; keep it with the catalogue."""
    from training.errors import TrainingError

    if judgements is None and recognition is None:
        raise fail("say what to learn from: JUDGEMENTS or --recognition PHOTOS", EXIT_BAD_INPUT)
    try:
        with errors_as_lines(), connect(address) as client:
            before = client.facts(catalog).calibration
            curves, refused = fitted(client, catalog, judgements, recognition, seed)
            out.print(table_of(curves))
            for name, reason in refused.items():
                err.print(f"no curve for {name}: {reason}", style="yellow", soft_wrap=True)
            if dry_run:
                return
            client.set_calibration(merged(before, curves), catalog=catalog)
    except TrainingError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    out.print(f"catalogue {catalog!r} is calibrated")


def fitted(
    client: Client, catalog: str, judgements: Path | None, recognition: Path | None, seed: int
) -> tuple[dict[str, "FittedCurve"], dict[str, str]]:
    """Return the curves by name, and by name why there is none."""
    from training.calibration.fit import fit_curves
    from training.calibration.gather import gather
    from training.calibration.photos import Catalogue
    from training.calibration.recognition import fit_recognition
    from triptych.cli.judgement_files import read_judgements, read_photos

    curves: dict[str, FittedCurve] = {}
    refused: dict[str, str] = {}
    if judgements is not None:
        queries = list(gather(client, catalog, read_judgements(judgements)))
        found, missing = fit_curves(queries, seed)
        curves, refused = curves | found, refused | missing
    if recognition is not None:
        photos = list(Catalogue(client, catalog).look(read_photos(recognition)))
        found, missing = fit_recognition(photos, seed)
        curves, refused = curves | found, refused | missing
    return curves, refused


def merged(before: pb.Calibration, curves: dict[str, "FittedCurve"]) -> pb.Calibration:
    """Return *curves* beside those that there were and that none of them replaces."""
    made = {
        name: pb.Calibration.Curve(
            intercept=curve.intercept, weights=curve.weights, judgements=curve.judgements, error=curve.error
        )
        for name, curve in curves.items()
    }
    return pb.Calibration(curves={**before.curves, **made})


def table_of(curves: dict[str, "FittedCurve"]) -> Table:
    """Return what was fitted, and how well it does on what was held out."""
    table = Table(
        "curve", "queries", "judgements", "ECE", "ECE, first ten", "log loss", "intercept", "weights"
    )
    for name, curve in curves.items():
        weights = ", ".join(f"{value} {weight:.4g}" for value, weight in curve.weights.items())
        table.add_row(
            name, str(curve.queries), str(curve.judgements), f"{curve.error:.4f}", f"{curve.error_top:.4f}",
            f"{curve.log_loss:.4f}", f"{curve.intercept:.4g}", weights,
        )  # fmt: skip
    return table
