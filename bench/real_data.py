"""Real products and real photos through the running suite; figures are printed as they are.

    python -m bench.real_data DATA [--address 127.0.0.1:7100]

DATA is a folder that holds `grocery_store` (Klasson et al., WACV 2019) and `fashion_product_images`; neither is part of
this repository. Each becomes a catalogue (`grocery`, `fashion`), every product must be stored without an error, and
searches over it must answer. The demonstration pack never saw a real photo: what it finds here is a floor for packs that
are trained on a shop's own data.
"""

import asyncio
import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from rich.progress import track

from bench import reporting
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import product_search_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

BATCH = 50
IN_FLIGHT = 4
PAGE_SIZE = 10
OUT = Path(__file__).parent / "out" / "real_data.json"


@dataclass(frozen=True)
class Question:
    """A query and which of the products found are right."""

    parts: tuple[pb.QueryPart, ...]
    is_right: Callable[[types_pb2.Product], bool]


def picture(path: Path) -> types_pb2.Media:
    """Return the file at *path*."""
    return types_pb2.Media(data=path.read_bytes())


def product(
    product_id: str, *, title: str, description: str, image: Path, **attributes: str
) -> types_pb2.Product:
    """Return a product with one picture."""
    made = types_pb2.Product(
        id=product_id, title=title, description=description[:8192], images=[picture(image)]
    )
    for name, value in attributes.items():
        made.attributes[name].string_value = value
    return made


def grocery_products(root: Path) -> list[types_pb2.Product]:
    """Return the shop's 81 catalogue entries."""
    with (root / "classes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        product(
            f"grocery-{row['Class ID (int)']}",
            title=row["Class Name (str)"].replace("-", " "),
            description=(root / row["Product Description Path (str)"].lstrip("/")).read_text(),
            image=root / row["Iconic Image Path (str)"].lstrip("/"),
        )
        for row in rows
    ]


def grocery_photos(root: Path) -> list[Question]:
    """Return customers' photos, each of one of the 81 products."""
    lines = [line.split(", ") for line in (root / "val.txt").read_text().splitlines()]
    return [
        Question((pb.QueryPart(image=picture(root / path)),), has_id(f"grocery-{fine}"))
        for path, fine, _ in lines
    ]


def grocery_names(root: Path) -> list[Question]:
    """Return the products' names as queries."""
    return [Question((pb.QueryPart(text=p.title),), has_id(p.id)) for p in grocery_products(root)]


def has_id(wanted: str) -> Callable[[types_pb2.Product], bool]:
    """Return whether a product is the wanted one."""
    return lambda found: found.id == wanted


def fashion_rows(root: Path) -> list[dict[str, str]]:
    """Return the table of articles."""
    with (root / "styles.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def fashion_products(root: Path) -> list[types_pb2.Product]:
    """Return all articles with title, facts and photo."""
    return [
        product(
            row["id"],
            title=row["productDisplayName"],
            description=" ".join((row["gender"], row["baseColour"], row["articleType"], row["usage"])),
            image=root / "images" / f"{row['id']}.jpg",
            colour=row["baseColour"],
            article=row["articleType"],
        )
        for row in fashion_rows(root)
    ]


def fashion_words(root: Path) -> list[Question]:
    """Return "colour article" as customers write it, from the articles of the dev split."""
    wanted = sorted({(r["baseColour"], r["articleType"]) for r in fashion_rows(root) if r["split"] == "dev"})
    return [Question((pb.QueryPart(text=f"{c} {a}"),), same_kind(c, a)) for c, a in wanted]


def fashion_changed(root: Path) -> list[Question]:
    """Return photos of dev articles with the word for the colour "blue": the same article in blue."""
    rows = [r for r in fashion_rows(root) if r["split"] == "dev" and r["baseColour"] != "Blue"]
    return [
        Question(
            (pb.QueryPart(image=picture(root / "images" / f"{r['id']}.jpg")), pb.QueryPart(text="but blue")),
            same_kind("Blue", r["articleType"]),
        )
        for r in rows[:150]
    ]


def same_kind(colour: str, article: str) -> Callable[[types_pb2.Product], bool]:
    """Return whether a product is that article in that colour."""

    def is_right(found: types_pb2.Product) -> bool:
        facts = found.attributes
        return (facts["colour"].string_value, facts["article"].string_value) == (colour, article)

    return is_right


async def ingest(
    stub: "catalog_grpc.CatalogServiceAsyncStub", catalog: str, products: Sequence[types_pb2.Product]
) -> int:
    """Store *products*; return how many were refused."""
    refused = 0
    for start in track(range(0, len(products), BATCH), description=f"storing {catalog}", transient=True):
        request = catalog_pb.UpsertProductsRequest(catalog=catalog, products=products[start : start + BATCH])
        response = await stub.UpsertProducts(request, timeout=60)
        refused += sum(result.HasField("error") for result in response.results)
    return refused


async def ask(
    stub: "pb_grpc.ProductSearchServiceAsyncStub", catalog: str, questions: Iterable[Question]
) -> dict[str, object]:
    """Return how often the first product was right, how often one of ten, and the share of right ones among ten."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(question: Question) -> list[bool]:
        request = pb.SearchProductsRequest(catalog=catalog, parts=question.parts, page_size=PAGE_SIZE)
        async with gate:
            response = await stub.SearchProducts(request, timeout=30)
        return [question.is_right(result.product) for result in response.results]

    answers = await asyncio.gather(*(one(question) for question in questions))
    count = len(answers)
    return {
        "queries": count,
        "first_right": round(sum(answer[0] for answer in answers) / count, 4),
        "right_among_10": round(sum(any(answer) for answer in answers) / count, 4),
        "precision_at_10": round(sum(sum(answer) / PAGE_SIZE for answer in answers) / count, 4),
    }


async def measure(data: Path, address: str) -> list[dict[str, object]]:
    """Store both catalogues and search them; return a row per kind of query."""
    grocery, fashion = data / "grocery_store" / "dataset", data / "fashion_product_images"
    plan = (
        (
            "grocery",
            grocery_products(grocery),
            {"photo": grocery_photos(grocery), "name": grocery_names(grocery)},
        ),
        (
            "fashion",
            fashion_products(fashion),
            {"colour and article": fashion_words(fashion), "photo + but blue": fashion_changed(fashion)},
        ),
    )
    rows: list[dict[str, object]] = []
    async with grpc.aio.insecure_channel(address) as channel:
        catalog_stub: catalog_grpc.CatalogServiceAsyncStub = catalog_grpc.CatalogServiceStub(channel)
        search_stub: pb_grpc.ProductSearchServiceAsyncStub = pb_grpc.ProductSearchServiceStub(channel)
        for catalog, products, kinds in plan:
            refused = await ingest(catalog_stub, catalog, products)
            for kind, questions in kinds.items():
                answer = await ask(search_stub, catalog, questions)
                rows.append(
                    {
                        "catalog": catalog,
                        "products": len(products),
                        "refused": refused,
                        "query": kind,
                        **answer,
                    }
                )
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--address", default="127.0.0.1:7100")
    arguments = parser.parse_args()
    rows = asyncio.run(measure(arguments.data, arguments.address))
    reporting.show(rows, "Real products through the demonstration pack")
    reporting.keep(rows, OUT)


if __name__ == "__main__":
    main()
