"""`triptych doctor`: what is misconfigured, and how to mend it."""

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from triptych.cli.output import out
from triptych.cli.suite import State, suite_settings

# What only the suite needs is imported by the command that uses it, as in suite.py.
if TYPE_CHECKING:
    from triptych.doctor.finding import Finding

COLOURS = {"ERROR": "red", "WARNING": "yellow", "NOTE": "cyan"}


def doctor(
    state: State = None,
    kubernetes_grace_s: Annotated[
        float | None,
        typer.Option(
            min=1, help="terminationGracePeriodSeconds of the Pods (default: 30 inside of Kubernetes)."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Look for what is misconfigured, here and in the local suite, and say how to mend it.

    The exit code is 0 where nothing is, 1 with warnings, 2 with errors.
    """
    from triptych.doctor.examine import CHECKS, examined
    from triptych.doctor.gathering import gathered

    findings = examined(gathered(suite_settings(state), kubernetes_grace_s))
    if as_json:
        typer.echo(json.dumps([row(each) for each in findings], indent=2, ensure_ascii=False))
    else:
        for each in findings:
            out.print(lines(each), soft_wrap=True)
        out.print(f"{len(CHECKS)} checks, {len(findings)} findings")
    worst = max((each.severity for each in findings), default=0)
    if worst:
        raise typer.Exit(int(worst))


def row(finding: "Finding") -> dict[str, str]:
    """Return *finding* as an object."""
    return {**dataclasses.asdict(finding), "severity": finding.severity.name.lower()}


def lines(finding: "Finding") -> Text:
    """Return *finding* as it is printed."""
    name = finding.severity.name
    return Text.assemble(
        (name.lower(), f"bold {COLOURS[name]}"),
        " ",
        (finding.about, "bold"),
        f": {finding.what}\n  {finding.why}\n  → {finding.mend}",
    )
