"""`triptych upgrade …`: a catalogue goes over to another model pack."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from triptych.cli.connection import connect
from triptych.cli.options import Address, AsJson, Catalog
from triptych.cli.output import err, errors_as_lines, out, print_json, text_of
from triptych.client import Client
from triptych.v1 import upgrade_service_pb2 as pb

app = typer.Typer(
    name="upgrade",
    help="Encode a catalogue by another model pack while it is searched and written; compare, switch, roll back.",
    no_args_is_help=True,
)
Force = Annotated[bool, typer.Option("--force", help="Whatever the gate says.")]
Wait = Annotated[bool, typer.Option("--wait", help="Show the progress until it waits for somebody.")]


@app.command()
def start(
    catalog: Catalog = "default",
    overlap_min: Annotated[float, typer.Option(min=0, max=1, help="Gate: overlap at 10 of the packs.")] = 0.0,
    ndcg_ratio_min: Annotated[
        float, typer.Option(min=0, max=10, help="Gate: nDCG at 10, new to old, by customers' choices.")
    ] = 0.95,
    queries: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Queries to compare by, one a line, at most 1000."),
    ] = None,
    auto_switch: Annotated[bool, typer.Option("--auto-switch", help="Switch when the gate lets it.")] = False,
    keep_hours: Annotated[float, typer.Option(min=0, max=720, help="How long it can be rolled back.")] = 24.0,
    allow_refused: Annotated[
        bool, typer.Option("--allow-refused", help="Gate: leave products behind that the new pack refuses.")
    ] = False,
    wait: Wait = False,
    address: Address = "localhost:7100",
    as_json: AsJson = False,
) -> None:
    """Start an upgrade to the pack that is served beside the current one."""
    plan = pb.UpgradePlan(
        overlap_min=overlap_min,
        ndcg_ratio_min=ndcg_ratio_min,
        sample_queries=[] if queries is None else lines_of(queries),
        auto_switch=auto_switch,
        keep_hours=keep_hours,
        allow_refused=allow_refused,
    )
    with errors_as_lines(), connect(address) as client:
        upgrade = client.upgrades.start(catalog, plan)
        if wait:
            upgrade = followed(client, catalog)
    show(upgrade, as_json=as_json)


@app.command()
def status(
    catalog: Catalog = "default",
    wait: Wait = False,
    address: Address = "localhost:7100",
    as_json: AsJson = False,
) -> None:
    """Show how the last upgrade of a catalogue fares."""
    with errors_as_lines(), connect(address) as client:
        upgrade = followed(client, catalog) if wait else client.upgrades.get(catalog)
    show(upgrade, as_json=as_json)


@app.command()
def switch(
    catalog: Catalog = "default",
    force: Force = False,
    address: Address = "localhost:7100",
    as_json: AsJson = False,
) -> None:
    """Let the new vectors serve."""
    with errors_as_lines(), connect(address) as client:
        show(client.upgrades.switch(catalog, force=force), as_json=as_json)


@app.command()
def rollback(
    catalog: Catalog = "default",
    force: Force = False,
    address: Address = "localhost:7100",
    as_json: AsJson = False,
) -> None:
    """Let the old vectors serve again."""
    with errors_as_lines(), connect(address) as client:
        show(client.upgrades.roll_back(catalog, force=force), as_json=as_json)


@app.command()
def finish(
    catalog: Catalog = "default", address: Address = "localhost:7100", as_json: AsJson = False
) -> None:
    """End the upgrade: the vectors that do not serve are removed."""
    with errors_as_lines(), connect(address) as client:
        show(client.upgrades.finish(catalog), as_json=as_json)


@app.command()
def cancel(
    catalog: Catalog = "default", address: Address = "localhost:7100", as_json: AsJson = False
) -> None:
    """End the upgrade before it switched: the new vectors are removed."""
    with errors_as_lines(), connect(address) as client:
        show(client.upgrades.cancel(catalog), as_json=as_json)


def lines_of(path: Path) -> list[str]:
    """Return the lines of a file that are not empty."""
    return [line.strip() for line in text_of(path).splitlines() if line.strip()]


def followed(client: Client, catalog: str) -> pb.Upgrade:
    """Show the progress until the upgrade waits for somebody; return how it is then."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    upgrade = pb.Upgrade()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", left="")
        for upgrade in client.upgrades.follow(catalog):
            seconds = upgrade.remaining_seconds
            progress.update(
                task,
                description=phase_of(upgrade),
                total=upgrade.product_count,
                completed=upgrade.upgraded_count,
                left=f"{seconds:.0f} s left"
                if upgrade.HasField("remaining_seconds")
                else upgrade.waiting_for,
            )
    return upgrade


def phase_of(upgrade: pb.Upgrade) -> str:
    """Return where it is, in lower case."""
    return pb.Upgrade.Phase.Name(upgrade.phase).removeprefix("PHASE_").lower().replace("_", " ")


def show(upgrade: pb.Upgrade, *, as_json: bool) -> None:
    """Print how an upgrade fares."""
    if as_json:
        print_json(upgrade)
        return
    lines = [
        f"{upgrade.catalog}: {upgrade.source_pack} → {upgrade.target_pack}, {phase_of(upgrade)}",
        f"{upgrade.upgraded_count} of {upgrade.product_count} products, {upgrade.refused_count} refused",
    ]
    if upgrade.HasField("comparison"):
        found = upgrade.comparison
        lines.append(
            f"overlap at 10: {found.overlap_at_10:.3f} of {found.query_count} queries; nDCG at 10: "
            f"{found.ndcg_at_10_source:.3f} → {found.ndcg_at_10_target:.3f} of {found.judged_query_count}"
        )
    lines += [f"refused: {each.id} ({each.reason} {each.field})" for each in upgrade.refused]
    lines += [f"the gate refuses: {each}" for each in upgrade.gate]
    if upgrade.waiting_for:
        lines.append(f"waits for {upgrade.waiting_for}")
    for line in lines:
        out.print(line, soft_wrap=True)
