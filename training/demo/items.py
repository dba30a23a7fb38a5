"""The products of the demonstration catalogue, drawn from a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from training.demo import texts
from training.demo.vocabulary import CATEGORIES, COLOURS, MATERIALS, PATTERNS

PRODUCTS_PER_COMBINATION = 4
TEST_SHARE = 0.12
DEV_SHARE = 0.08
BRANDS = (
    "Alder", "Bergen", "Calvo", "Dunmore", "Estrela", "Fjord", "Garnet", "Halden", "Iskra", "Juno",
    "Kestrel", "Lumen", "Marlow", "Norvik", "Ostara", "Pinewell", "Quill", "Rowan", "Solvang", "Tamar",
)  # fmt: skip

Combination = tuple[str, str, str, str]


@dataclass(frozen=True)
class Item:
    """One product; *split* ("train", "dev" or "test") belongs to its combination, not to the product alone."""

    id: str
    category: str
    colour: str
    pattern: str
    material: str
    brand: str
    price_cents: int
    in_stock: bool
    popularity: int
    title_en: str
    title_zh: str
    description_en: str
    description_zh: str
    split: str

    @property
    def combination(self) -> Combination:
        """Category, colour, pattern and material: what a picture shows."""
        return self.category, self.colour, self.pattern, self.material


def items(count: int = 3600, seed: int = 7) -> list[Item]:
    """Return *count* products, about four for each sampled combination; the same seed gives the same list."""
    return list(_items(count, seed))


@lru_cache(maxsize=4)
def _items(count: int, seed: int) -> tuple[Item, ...]:
    rng = random.Random(seed)
    splits = _splits(_combinations(-(-count // PRODUCTS_PER_COMBINATION), rng), rng)
    members = [
        (combination, split) for combination, split in splits.items() for _ in range(PRODUCTS_PER_COMBINATION)
    ]
    rng.shuffle(members)
    return tuple(_item(number, *member, rng) for number, member in enumerate(members[:count], start=1))


def _combinations(count: int, rng: random.Random) -> list[Combination]:
    """Sample the categories evenly; within one, any colour, pattern and material."""
    looks = list(product(COLOURS, PATTERNS, MATERIALS))
    if count > len(CATEGORIES) * len(looks):
        raise ValueError(
            f"at most {len(CATEGORIES) * len(looks) * PRODUCTS_PER_COMBINATION} products can be made"
        )
    shuffled = {category: rng.sample(looks, len(looks)) for category in CATEGORIES}
    rounds = ((category, *shuffled[category][turn]) for turn in range(len(looks)) for category in CATEGORIES)
    return [combination for combination, _ in zip(rounds, range(count), strict=False)]


def _splits(combinations: list[Combination], rng: random.Random) -> dict[Combination, str]:
    rng.shuffle(combinations)
    test = round(len(combinations) * TEST_SHARE)
    dev = test + round(len(combinations) * DEV_SHARE)
    names = ["test" if at < test else "dev" if at < dev else "train" for at in range(len(combinations))]
    return dict(zip(combinations, names, strict=True))


def _item(number: int, combination: Combination, split: str, rng: random.Random) -> Item:
    attributes = dict(zip(("category", "colour", "pattern", "material"), combination, strict=True))
    brand = rng.choice(BRANDS)
    return Item(
        id=f"p{number:05d}",
        **attributes,
        brand=brand,
        price_cents=rng.randrange(5, 250) * 100 + rng.choice((0, 49, 90, 95, 99)),
        in_stock=rng.random() < 0.93,
        popularity=int(rng.lognormvariate(3.0, 1.2)),
        title_en=texts.title(attributes, brand, "en", rng),
        title_zh=texts.title(attributes, brand, "zh", rng),
        description_en=texts.description(attributes, "en", rng),
        description_zh=texts.description(attributes, "zh", rng),
        split=split,
    )
