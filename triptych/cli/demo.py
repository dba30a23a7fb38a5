"""`triptych demo`: a catalogue, the suite, sample searches, and a page that shows what was found."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from triptych.cli import demo_page
from triptych.cli.connection import connect
from triptych.cli.demo_samples import Sample, samples
from triptych.cli.demo_words import words_of
from triptych.cli.ingest import ingest
from triptych.cli.output import errors_as_lines, fail, headed, how_it_was_found, out, results_table
from triptych.cli.suite import State, Wait, suite_settings, up
from triptych.client import Client
from triptych.v1 import product_search_service_pb2 as pb

CATALOG = "demo"
# The first answers come from models that were never called before.
SEARCH_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Found:
    """A sample, what was found, and what its pictures and sounds were put into, a line each."""

    sample: Sample
    response: pb.SearchProductsResponse
    words: Sequence[str] = ()


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demonstration catalogue lies.")] = Path("var/demo"),
    products: Annotated[int, typer.Option(min=400, max=19200, help="How many products to make.")] = 3600,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many products to show a search.")] = 6,
    state: State = None,
    wait_s: Wait = 180.0,
) -> None:
    """Make a catalogue, start the suite, load it, and show sample searches. A second run takes what is there."""
    settings = suite_settings(state)
    address = f"127.0.0.1:{settings.gateway_port}"
    with errors_as_lines():
        with making_catalogue(folder, products):
            up(settings.state, wait_s=wait_s)
        file = folder / "products.jsonl"
        ingest(file, media_root=folder, catalog=CATALOG, address=address, state=settings.state)
        with connect(address) as client:
            found = [ask(client, sample, folder, limit) for sample in samples(folder)]
        page = write_page(folder, found)
    out.print(headed("\nSee it: ", f"file://{page.resolve()}"), soft_wrap=True)
    out.print(headed("Go on:  ", "triptych search --catalog demo --text 'red mug'"))
    out.print(headed("Stop it:", "make down"))


@contextlib.contextmanager
def making_catalogue(folder: Path, products: int) -> Iterator[None]:
    """Make the catalogue beside what runs within; what is there of the same version is kept."""
    out.print(
        f"making the demonstration catalogue in {folder}: pictures, texts and voices of {products} products"
    )
    command = (sys.executable, "-m", "training.demo.write", str(folder), "--count", str(products))
    maker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # noqa: S603 - every word is ours
    try:
        yield
        _, complaint = maker.communicate()
    except BaseException:
        maker.terminate()
        maker.communicate()
        raise
    if maker.returncode:
        raise fail(f"the catalogue could not be made: {last_line(complaint)}")


def ask(client: Client, sample: Sample, folder: Path, limit: int) -> Found:
    """Search, have pictures and sounds put into words, print both; return them."""
    found = Found(
        sample, search(client, sample, folder, limit), words_of(client, sample, folder, SEARCH_TIMEOUT_S)
    )
    show(found)
    return found


def search(client: Client, sample: Sample, folder: Path, limit: int) -> pb.SearchProductsResponse:
    """Ask the suite."""
    parts = [part.to_pb(folder) for part in sample.parts]
    return client.search(parts=parts, catalog=CATALOG, page_size=limit, timeout_s=SEARCH_TIMEOUT_S)


def show(found: Found) -> None:
    """Print a search, its answer, and what was understood of pictures and sounds."""
    sample, response = found.sample, found.response
    out.print(headed(f"\n{sample.heading}:", asked(sample)))
    for line in found.words:
        out.print(line, soft_wrap=True)
    out.print(results_table(response) if response.results else "nothing found")
    out.print(how_it_was_found(response), style="dim", soft_wrap=True)


def asked(sample: Sample) -> str:
    """Return what is sent, in one line: “red mug” + photo queries/a.jpg + voice “…” × -0.5."""
    words = {"text": "{0.words!r}", "image": "photo {0.file}", "audio": "voice {0.words!r}"}
    parts = [
        words[part.kind].format(part) + (f" × {part.weight:g}" if part.weight is not None else "")
        for part in sample.parts
    ]
    return " + ".join(parts)


def write_page(folder: Path, found: Sequence[Found]) -> Path:
    """Write the page with all searches beside the catalogue's pictures; return where it is."""
    pictures = pictures_by_id(folder / "products.jsonl")
    sections = [demo_page.section(each.sample, each.response, pictures, each.words) for each in found]
    page = folder / "index.html"
    demo_page.write(page, demo_page.render(sections, catalog=CATALOG, products=len(pictures)))
    return page


def pictures_by_id(file: Path) -> dict[str, list[str]]:
    """Return the pictures of every product, relative to the catalogue; the suite keeps vectors, not pictures."""
    with file.open(encoding="utf-8") as lines:
        catalogue = [json.loads(line) for line in lines]
    return {product["id"]: [image["uri"] for image in product["images"]] for product in catalogue}


def last_line(text: str) -> str:
    """Return the last line of *text* that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")
