"""The command line: `triptych …`. Each command lives in a module of its own."""

import typer

from triptych.cli import demo, ingest, products, search, suite

app = typer.Typer(
    name="triptych",
    help="Find products by what a customer writes, shows or says.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(suite.up)
app.command()(suite.down)
app.command()(suite.status)
app.command()(search.search)
app.command()(ingest.ingest)
app.command()(products.get)
app.command()(products.delete)
app.command()(demo.demo)

if __name__ == "__main__":
    app()
