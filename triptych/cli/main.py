"""The command line: `triptych …`. Each command lives in a module of its own."""

import typer

from triptych.cli import (
    backup,
    calibrate,
    captions,
    catalogs,
    checking,
    connection,
    demo,
    doctor,
    evaluate,
    events,
    export,
    ingest,
    interpret,
    keys,
    pack,
    products,
    recognize,
    recommend,
    search,
    speech,
    status,
    suggest,
    suite,
    train,
    train_ranker,
    update,
    upgrade,
)

app = typer.Typer(
    name="triptych",
    help="Find products by what a customer writes, shows or says.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.callback()(connection.options)
app.command()(suite.up)
app.command()(suite.down)
app.command()(status.status)
app.command()(doctor.doctor)
app.command()(search.search)
app.command()(suggest.suggest)
app.command()(recognize.recognize)
app.command()(recommend.recommend)
app.command()(interpret.describe)
app.command()(interpret.transcribe)
app.command()(ingest.ingest)
app.command()(products.get)
app.command()(update.update)
app.command()(products.delete)
app.command()(demo.demo)
app.command()(checking.check)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(catalogs.app)
app.add_typer(keys.app)
app.add_typer(pack.app)
app.add_typer(upgrade.app)
app.add_typer(events.app)
app.command()(evaluate.evaluate)
app.command()(calibrate.calibrate)
app.command()(train.train)
app.command()(train_ranker.train_ranker)
app.command()(export.export)
app.command()(speech.speech)
app.command()(captions.captions)

if __name__ == "__main__":
    app()
