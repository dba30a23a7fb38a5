"""The command line: `triptych …`. Each command lives in a module of its own."""

import typer

from triptych.cli import ingest, products, search

app = typer.Typer(
    name="triptych",
    help="Find products by what a customer writes, shows or says.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(search.search)
app.command()(ingest.ingest)
app.command()(products.get)
app.command()(products.delete)

if __name__ == "__main__":
    app()
