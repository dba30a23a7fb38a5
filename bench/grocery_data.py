"""The Grocery Store dataset (Klasson et al., WACV 2019) as manifests that the product reads, and what is asked of it.

Photos and catalogue entries are copied, since a manifest names nothing outside its own folder.
"""

import csv
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.data.dataset import Record
from training.evaluation.queries import Query

TREES = ("train", "val", "iconic-images-and-descriptions")
# Each catalogue entry is so often among some forty photos of its product: iconic pictures are asked for too.
ICONIC_COPIES = 4


@dataclass(frozen=True)
class Grocery:
    """The dataset, its media at *root*.

    Args:
        root: folder of the copies.
        products: the 81 catalogue entries, description and iconic picture; the id is the label.
        train, val: photos with the label of their product.
    """

    root: Path
    products: tuple[Record, ...]
    train: tuple[Record, ...]
    val: tuple[Record, ...]


def copy_grocery(source: Path, root: Path) -> Grocery:
    """Copy what is needed of the dataset at *source* to *root*, and return it."""
    for tree in TREES:
        if not (root / tree).exists():
            shutil.copytree(source / tree, root / f"{tree}.partial", dirs_exist_ok=True)
            (root / f"{tree}.partial").rename(root / tree)
    return Grocery(
        root=root,
        products=tuple(_products(source / "classes.csv", root)),
        train=tuple(_photos(source / "train.txt", root)),
        val=tuple(_photos(source / "val.txt", root)),
    )


def _products(table: Path, root: Path) -> Iterable[Record]:
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["Class Name (str)"]
            description = root / row["Product Description Path (str)"].lstrip("/")
            yield Record(
                id=name,
                text=description.read_text(encoding="utf-8").strip(),
                image=root / row["Iconic Image Path (str)"].lstrip("/"),
                label=row["Class ID (int)"],
            )


def _photos(listing: Path, root: Path) -> Iterable[Record]:
    for line in listing.read_text(encoding="utf-8").splitlines():
        path, label, _ = (field.strip() for field in line.split(","))
        yield Record(id=path, image=root / path, label=label)


def write_training_manifest(data: Grocery) -> Path:
    """Write what is learned from: every train photo with its product's description, and the catalogue entries."""
    texts = {one.label: one.text for one in data.products}
    photos = [replace(photo, text=texts[photo.label]) for photo in data.train]
    entries = [replace(one, id=f"{one.id} {at}") for at in range(ICONIC_COPIES) for one in data.products]
    path = data.root / "train.jsonl"
    lines = [json.dumps(_line(one, data.root), ensure_ascii=False) for one in (*photos, *entries)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _line(record: Record, root: Path) -> dict[str, Any]:
    assert record.image is not None
    image = str(record.image.relative_to(root))
    return {"id": record.id, "text": record.text, "image": image, "label": record.label, "split": "train"}


def photo_queries(data: Grocery, space: str) -> list[Query]:
    """Return one query a val photo: which of the products is it, compared with their vectors of *space*."""
    ids = {one.label: one.id for one in data.products}
    return [
        Query(
            id=photo.id,
            direction=f"photo → product, by its {space} vector",
            text=None,
            image=photo.image,
            audio=None,
            space=space,
            right={ids[photo.label]: 1.0},
        )
        for photo in data.val
    ]


def description_queries(data: Grocery, photos: Sequence[Record]) -> list[Query]:
    """Return one query a product that *photos* show: its description, the photos of it are right."""
    right: dict[str | None, dict[str, float]] = defaultdict(dict)
    for photo in photos:
        right[photo.label][photo.id] = 1.0
    return [
        Query(
            id=product.id,
            direction="description → photos",
            text=product.text,
            image=None,
            audio=None,
            space="image",
            right=right[product.label],
        )
        for product in data.products
        if product.label in right
    ]
