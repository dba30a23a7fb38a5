"""Fashion Product Images (small catalogue photos, titles, attributes) as a manifest, and what is asked of it.

Photos are copied, since a manifest names nothing outside its own folder.
"""

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.dataset import Record
from training.evaluation.queries import Query

COLOUR, ARTICLE, GENDER = "colour", "article", "gender"
COLUMNS = {COLOUR: "baseColour", ARTICLE: "articleType", GENDER: "gender"}


@dataclass(frozen=True)
class Fashion:
    """The dataset, its photos under *root*; every record has a title, a photo and the attributes in COLUMNS."""

    root: Path
    train: tuple[Record, ...]
    dev: tuple[Record, ...]

    @property
    def all(self) -> tuple[Record, ...]:
        """Return train and dev."""
        return (*self.train, *self.dev)


def copy_fashion(source: Path, root: Path) -> Fashion:
    """Copy the photos of the dataset at *source* to *root*, and return the dataset."""
    if not (root / "images").exists():
        shutil.copytree(source / "images", root / "images.partial", dirs_exist_ok=True)
        (root / "images.partial").rename(root / "images")
    with (source / "styles.csv").open(newline="", encoding="utf-8") as file:
        records = tuple(_record(row, root) for row in csv.DictReader(file))
    train, dev = (tuple(one for one in records if one.split == split) for split in ("train", "dev"))
    return Fashion(root, train, dev)


def _record(row: dict[str, str], root: Path) -> Record:
    attributes = {name: row[column] for name, column in COLUMNS.items() if row[column]}
    return Record(
        id=row["id"],
        text=" ".join(row["productDisplayName"].split()),
        image=root / "images" / f"{row['id']}.jpg",
        label=" ".join(attributes.values()),
        split=row["split"],
        attributes=attributes,
    )


def write_manifest(data: Fashion) -> Path:
    """Write train and dev as the manifest that the trainer reads."""
    path = data.root / "manifest.jsonl"
    lines = [json.dumps(_line(one, data.root), ensure_ascii=False) for one in data.all]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _line(record: Record, root: Path) -> dict[str, object]:
    assert record.image is not None
    return {
        "id": record.id,
        "text": record.text,
        "image": str(record.image.relative_to(root)),
        "label": record.label,
        "split": record.split,
        "attributes": dict(record.attributes),
    }


def title_queries(products: Sequence[Record]) -> list[Query]:
    """Return one query a product: its title, to find its photo among those of *products*."""
    return [
        Query(product.id, "title → photo", product.text, None, None, "image", {product.id: 1.0})
        for product in products
    ]


def colour_queries(
    asked: Sequence[Record], products: Sequence[Record], space: str, fusion: str
) -> list[Query]:
    """Return one query for each photo of *asked* and each other colour that its article has among *products*.

    The query is the photo and the plain word for the colour; right are the products of the same article and gender
    in that colour. The product of the photo itself may not answer.
    """
    by_kind: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for product in _coloured(products):
        by_kind[_kind(product)][product.attributes[COLOUR]][product.id] = 1.0
    return [
        Query(
            id=f"{product.id} {colour}",
            direction=f"photo + colour → {space}, {fusion}",
            text=colour.lower(),
            image=product.image,
            audio=None,
            space=space,
            right=right,
            fusion=fusion,
            excluded=product.id,
        )
        for product in _coloured(asked)
        for colour, right in sorted(by_kind[_kind(product)].items())
        if colour != product.attributes[COLOUR]
    ]


def _coloured(products: Iterable[Record]) -> list[Record]:
    """Return the products whose colour is known."""
    return [product for product in products if COLOUR in product.attributes]


def _kind(product: Record) -> tuple[str, str]:
    return product.attributes[ARTICLE], product.attributes[GENDER]
