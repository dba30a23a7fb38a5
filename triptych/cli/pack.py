"""`triptych pack list`, `use`, `import`: the packs of this machine, and which one is served."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from triptych.cli.output import EXIT_BAD_INPUT, err, fail, out
from triptych.cli.suite import State, Wait, status_table, suite_settings

# As in suite.py: what only the local suite or the training needs is imported by the command that uses it.
if TYPE_CHECKING:
    from triptych.local.settings import SuiteSettings
    from triptych.packs.pack import Pack
    from triptych.packs.store import Listed, Store

app = typer.Typer(name="pack", help="Packs of models: list, choose, bring in.", no_args_is_help=True)

KINDS = ("transformers", "open_clip", "onnx")
Packs = Annotated[Path | None, typer.Option(help="Folder of packs (TRIPTYCH_PACKS; default: var/packs).")]


@app.command("list")
def list_packs(
    packs: Packs = None,
    state: State = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List the packs of this machine: what they are, how good, and whether they are sound."""
    from triptych.local.serving import pack_to_serve
    from triptych.packs.store import inspected

    settings = suite_settings(state, packs=packs)
    active = pack_to_serve(settings)
    rows = [
        _row(inspected(folder), active=folder.resolve() == active) for folder in store_of(settings).folders()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        out.print(_table(rows))


@app.command()
def use(
    pack: Annotated[str, typer.Argument(help="NAME, NAME-VERSION, or the folder of a pack.")],
    packs: Packs = None,
    state: State = None,
    allow_mismatch: Annotated[
        bool, typer.Option("--allow-mismatch", help="Even if catalogues were made by another pack.")
    ] = False,
    wait_s: Wait = 120.0,
) -> None:
    """Serve a pack from now on; a running suite changes over without stopping."""
    from triptych.local import serving, switch
    from triptych.local.suite import SuiteError
    from triptych.packs.code import remove_bytecode
    from triptych.packs.pack import PackError
    from triptych.packs.verify import verify

    settings = suite_settings(state, packs=packs)
    if serving.is_forced(settings):
        raise fail(
            "TRIPTYCH_MODEL_REPOSITORY names the models already; unset it to choose a pack", EXIT_BAD_INPUT
        )
    try:
        store = store_of(settings)
        chosen = verify(store.find(pack))
        if chosen.folder != store.shipped:
            remove_bytecode(chosen.folder)
        running = switch.is_running(settings)
        if running and not allow_mismatch:
            _check_catalogs(settings, chosen)
        if running and serving.served_pack(settings) != chosen.folder.resolve():
            _change_over(settings, chosen, wait_s)
        serving.remember(settings, chosen.folder)
    except PackError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except (SuiteError, OSError) as error:
        raise fail(str(error)) from error
    served = "is served now" if running else "will be served by `triptych up`"
    out.print(f"{chosen.id} {served}")


@app.command("import")
def import_pack(
    source: Annotated[Path, typer.Argument(help="A folder or file of a model, or a pack's .tar.gz.")],
    kind: Annotated[str, typer.Option(help=f"What the source is: {', '.join(KINDS)}.")] = "",
    name: Annotated[str, typer.Option(help="The pack's name; default: the source's.")] = "",
    version: Annotated[str, typer.Option(help="Its version.")] = "1",
    licence: Annotated[str, typer.Option(help="The licence of the model, such as Apache-2.0.")] = "",
    languages: Annotated[str, typer.Option(help="Its languages, such as en,de.")] = "",
    packs: Packs = None,
    state: State = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a pack of that name and version.")
    ] = False,
) -> None:
    """Make a pack of a pretrained model, or unpack one that `triptych export` wrote."""
    from triptych.packs.archive import is_archive
    from triptych.packs.pack import PackError

    store = store_of(suite_settings(state, packs=packs))
    try:
        if is_archive(source):
            made = _import_archive(source, store, replace=replace)
        else:
            made = _import_model(
                source, kind, store, name=name, version=version, licence=licence, languages=languages,
                replace=replace,
            )  # fmt: skip
    except PackError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except OSError as error:
        raise fail(f"{error.filename or source}: {error.strerror or error}", EXIT_BAD_INPUT) from error
    told = f"{made.id} is in {made.folder}; serve it with: triptych pack use {made.id}"
    out.print(told, soft_wrap=True)


def store_of(settings: "SuiteSettings") -> "Store":
    """Return where this machine keeps packs."""
    from triptych.local.settings import SuiteSettings
    from triptych.packs.store import Store

    return Store(settings.packs, SuiteSettings.model_fields["model_repository"].default)


def _check_catalogs(settings: "SuiteSettings", pack: "Pack") -> None:
    """Refuse a pack that cannot search what the suite holds."""
    from triptych.local.catalogs import CatalogsUnknown, misfits
    from triptych.local.suite import SuiteError
    from triptych.packs.pack import PackError

    try:
        found = misfits(f"127.0.0.1:{settings.search_port}", pack)
    except CatalogsUnknown as error:
        raise SuiteError(f"the search room does not say which catalogues there are: {error}") from error
    if found:
        told = "; ".join(f"catalogue {name!r} was made by {maker}" for name, maker in sorted(found.items()))
        raise PackError(
            f"pack {pack.id} ({pack.dimension} dimensions) cannot search what is there: {told}. Put the products "
            f"into a new catalogue after the change (triptych ingest … --catalog NEW), and make it with "
            f"--allow-mismatch; until the former pack is used again, the old catalogues refuse to be searched"
        )


def _change_over(settings: "SuiteSettings", pack: "Pack", wait_s: float) -> None:
    from triptych.local.switch import switch

    with Live(console=err, auto_refresh=False, transient=True) as live:
        for states in switch(settings, pack.folder, wait_s):
            live.update(status_table(states), refresh=err.is_terminal)


def _import_archive(source: Path, store: "Store", *, replace: bool) -> "Pack":
    from triptych.packs.archive import unpack_archive
    from triptych.packs.pack import read_pack
    from triptych.packs.staging import staged

    with staged(store.folder / ".incoming") as staging:
        unpack_archive(source, staging / "pack")
        pack = read_pack(staging / "pack")
        place = _free_place(store, pack.name, pack.version, replace=replace)
        with staged(place) as final:
            final.rmdir()
            (staging / "pack").rename(final)
    (store.folder / ".incoming").rmdir()
    return read_pack(place)


def _import_model(source: Path, kind: str, store: "Store", *, replace: bool, **facts: Any) -> "Pack":
    from training.errors import TrainingError
    from training.packs.bring import bring
    from triptych.packs.pack import PackError

    if kind not in KINDS:
        raise PackError(f"say what {source} is: --kind {' | '.join(KINDS)}")
    name = facts.pop("name") or source.resolve().stem.lower()
    place = _free_place(store, name, facts["version"], replace=replace)
    languages = tuple(word for word in facts.pop("languages").split(",") if word)
    try:
        return bring(source, kind, place, name=name, languages=languages, **facts)
    except TrainingError as error:
        raise PackError(str(error)) from error


def _free_place(store: "Store", name: str, version: str, *, replace: bool) -> Path:
    from triptych.packs.pack import NAME, VERSION, PackError

    if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
        raise PackError(
            f"a pack cannot be called {name!r} {version!r}; names match {NAME.pattern}, versions {VERSION.pattern}"
        )
    place = store.place_of(name, version)
    if place.exists() and not replace:
        raise PackError(f"there is a pack in {place} already; name another --version, or --replace it")
    return place


def _row(listed: "Listed", *, active: bool) -> dict[str, Any]:
    pack = listed.pack
    facts: dict[str, Any] = {"folder": str(listed.folder), "active": active, "problem": listed.problem}
    if pack is None:
        return {"name": listed.folder.name, **facts}
    return {
        "name": pack.name,
        "version": pack.version,
        "modalities": list(pack.modalities),
        "models": sorted(pack.models),
        "dimension": pack.dimension,
        "languages": list(pack.languages),
        "licence": pack.licence,
        "figures": dict(pack.figures),
        **facts,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("", "pack", "encodes", "dimension", "licence", "headline figure", "state")
    for row in rows:
        figures = row.get("figures") or {}
        headline = next((f"{name} {value:.3f}" for name, value in figures.items()), "")
        table.add_row(
            Text("●" if row["active"] else "", "green"),
            f"{row['name']} {row.get('version', '')}".strip(),
            ", ".join(row.get("modalities", [])),
            str(row.get("dimension", "")),
            row.get("licence", ""),
            headline,
            Text.assemble(("broken:", "red"), " ", row["problem"]) if row["problem"] else "sound",
        )
    return table
