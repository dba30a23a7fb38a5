"""Recognition of groceries in customers' photos, by the gateway's own rules over a frozen backbone's vectors.

    python -m bench.recognition_grocery [DATA] [--backbone FILE] [--views 5] [--seed 0]

DATA is the folder `grocery_store` (Klasson et al., WACV 2019), FILE a MobileNetV2 backbone; neither is part of this
repository, and nothing is trained. The catalogue has 81 products of 43 categories: the shop's own picture and a few train
photos each. Curves are fitted on four fifths of the val photos and judged on the last one, five times, each photo also
with its category taken out of the catalogue. Writes bench/out/recognition_grocery.json.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench import reporting
from bench.grocery_baseline import embeddings
from gateway.core.model.catalog import CatalogFacts, Labels
from gateway.core.model.ranking import Curve
from gateway.core.model.retrieval import Hit, Hits
from gateway.core.recognise import NEIGHBOURS, Recognition, told
from training.calibration.fit import FOLDS
from training.calibration.photos import Ballot, Looked
from training.calibration.recognition import fit_recognition
from training.data.dataset import Record
from training.evaluation.calibration import expected_calibration_error
from training.networks.registry import build_encoder
from training.ranking.folds import folds_of
from triptych.vocabulary.choices import SpaceKind

SHARED = Path("../shared")
OUT = Path(__file__).parent / "out" / "recognition_grocery.json"
MATCHES = 20


@dataclass(frozen=True)
class Shop:
    """Vectors [V, D] of length 1 of the products' pictures, the product of each, and the category of each product."""

    vectors: NDArray[np.float32]
    products: NDArray[np.str_]
    categories: Mapping[str, str]

    def neighbours(self, vector: NDArray[np.float32], without: str = "") -> list[tuple[str, float]]:
        """Return the most similar products, each by its best picture, without those of one category."""
        best: dict[str, float] = {}
        cosines = self.vectors @ vector
        for at in np.argsort(-cosines):
            product = str(self.products[at])
            if self.categories[product] != without:
                best.setdefault(product, float(cosines[at]))
        return list(best.items())[:NEIGHBOURS]

    def recognised(self, vector: NDArray[np.float32], facts: CatalogFacts, without: str = "") -> Recognition:
        """Return what the gateway would say."""
        found = self.neighbours(vector, without)
        hits = tuple(Hit(product, b"", cosine, 0) for product, cosine in found)
        labels = [Labels(self.categories[product]) for product, _ in found]
        return told(Hits(hits, SpaceKind.IMAGE, "", ""), labels, facts, MATCHES)

    def looked(self, vector: NDArray[np.float32], product: str) -> Looked:
        """Return what `triptych calibrate` would take down of a photo of *product*."""
        category = self.categories[product]
        found, others = self.neighbours(vector), self.neighbours(vector, category)
        cosines = tuple(cosine for _, cosine in found)
        names = tuple(name for name, _ in found)
        categories = tuple(self.categories[name] for name in names)
        return Looked(
            True, cosines[0], others[0][1], Ballot(cosines, categories, category), Ballot(cosines, names, product), ()
        )  # fmt: skip


def photos_of(listing: Path) -> list[Record]:
    """Return the photos of a list."""
    rows = [[field.strip() for field in line.split(",")] for line in listing.read_text().splitlines()]
    return [Record(id=path, image=listing.parent / path, label=label) for path, label, _ in rows]


def vectors_of(backbone: Path, photos: Sequence[Record]) -> NDArray[np.float32]:
    """Return features [N, D] of length 1."""
    encoder = build_encoder("image", "onnx", 256, {"path": str(backbone), "resize": "squash_bilinear"})
    features = embeddings(encoder, photos)
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True))


def measure(source: Path, backbone: Path, views: int, seed: int) -> dict[str, object]:
    """Return the figures."""
    with (source / "classes.csv").open(newline="", encoding="utf-8") as file:
        classes = list(csv.DictReader(file))
    categories = {row["Class ID (int)"]: row["Coarse Class Name (str)"] for row in classes}
    entries = [
        Record(
            row["Class ID (int)"],
            image=source / row["Iconic Image Path (str)"].lstrip("/"),
            label=row["Class ID (int)"],
        )
        for row in classes
    ]
    train, val = photos_of(source / "train.txt"), photos_of(source / "val.txt")
    of_product: dict[str | None, list[Record]] = defaultdict(list)
    for at in np.random.default_rng(seed).permutation(len(train)):
        of_product[train[at].label].append(train[at])
    shown = [*entries, *(each for some in of_product.values() for each in some[:views])]
    vectors = vectors_of(backbone, [*shown, *val])
    shop = Shop(vectors[: len(shown)], np.array([str(each.label) for each in shown]), categories)
    return figures(
        *held_out(shop, vectors[len(shown) :], [str(each.label) for each in val], seed), categories
    )


def held_out(
    shop: Shop, vectors: NDArray[np.float32], truths: Sequence[str], seed: int
) -> tuple[list[Recognition], list[Recognition], list[str]]:
    """Return what is said of each photo, and without its category, by curves fitted on others; and what it shows."""
    fold_of = folds_of(len(truths), FOLDS, seed).numpy()
    looked = [shop.looked(vector, truth) for vector, truth in zip(vectors, truths, strict=True)]
    here, gone, order = [], [], []
    for fold in range(FOLDS):
        curves, _ = fit_recognition([looked[at] for at in np.flatnonzero(fold_of != fold)], seed)
        facts = CatalogFacts({}, {name: Curve(c.intercept, c.weights) for name, c in curves.items()})
        for at in np.flatnonzero(fold_of == fold):
            here.append(shop.recognised(vectors[at], facts))
            gone.append(shop.recognised(vectors[at], facts, shop.categories[truths[at]]))
            order.append(truths[at])
    return here, gone, order


def figures(
    here: Sequence[Recognition],
    gone: Sequence[Recognition],
    truths: Sequence[str],
    categories: Mapping[str, str],
) -> dict[str, object]:
    """Return accuracies, and how far probabilities can be believed."""
    known = np.array([each.known for each in (*here, *gone)])
    has = np.repeat([1.0, 0.0], [len(here), len(gone)])
    # Where it is not in the catalogue every category is wrong, and so should say its probability.
    guesses = [
        (each.categories[0].probability, each.categories[0].value == categories[truth])
        for each, truth in zip((*here, *gone), (*truths, *truths), strict=True)
        if each.categories
    ]
    matches = [
        (match.probability, match.hit.id == truth)
        for each, truth in zip(here, truths, strict=True)
        for match in each.matches
    ]
    first = [
        (each.categories[0].value if each.categories else "") == categories[truth]
        for each, truth in zip(here, truths, strict=True)
    ]
    right = [each.matches[0].hit.id == truth for each, truth in zip(here, truths, strict=True)]
    return {
        "photos": len(here),
        "category right": float(np.mean(first)),
        "product right": float(np.mean(right)),
        "known, ECE": expected_calibration_error(known, has),
        "taken for known": float((known[has > 0] >= 0.5).mean()),
        "taken for unknown, category taken out": float((known[has < 1] < 0.5).mean()),
        "first category, ECE": ece(guesses),
        "matches, ECE": ece(matches),
    }


def ece(guesses: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error of (probability, whether right)."""
    likely, truth = np.array(guesses, float).T
    return expected_calibration_error(likely, truth)


def main() -> None:
    """Measure, print, write."""
    parser = reporting.parser(__doc__)
    parser.add_argument("data", type=Path, nargs="?", default=SHARED / "data" / "grocery_store")
    parser.add_argument(
        "--backbone", type=Path, default=SHARED / "weights" / "mobilenet_v2_imagenet_backbone.onnx"
    )
    parser.add_argument("--views", type=int, default=5, help="train photos of each product in the catalogue")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    source = arguments.data / "dataset"
    for needed in (source / "classes.csv", arguments.backbone):
        if not needed.exists():
            raise SystemExit(f"{needed} is absent: the data and a backbone must be brought along")
    found = measure(source, arguments.backbone, arguments.views, arguments.seed)
    table = Table("figure", "value", title="Groceries recognised, val photos")
    for name, value in found.items():
        table.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console(width=140).print(table)
    reporting.keep(found, OUT)


if __name__ == "__main__":
    main()
