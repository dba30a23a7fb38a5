"""What customers may type to find fashion, and how well each product answers, by the dataset's own labels.

A wish is made from the labels of one product: its article, and up to two of colour, gender and use. It is written in one of
three ways, in turn:

    labels       as the dataset has them, and most titles: "navy blue tshirts men"
    other words  as customers say it, and few titles do: "dark blue tee for him"
    brand        with the brand, as shops write it: "puma navy blue tshirts"

A product of another article is graded 0, any other 1 and one more for each other label that it has. Unisex is for men and
for women. Season is not asked for: here it is when a product was first sold. Nor is casual use, which nearly all have.
"""

import csv
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fashion_data import ARTICLE, COLOUR, COLUMNS, GENDER

USE, BRAND = "use", "brand"
LABELS, OTHER_WORDS = "labels", "other words"
KINDS = (LABELS, OTHER_WORDS, BRAND)
USES = frozenset({"Formal", "Sports", "Ethnic"})
# A title begins with the brand, which no column has: what stands before the gender in so many titles is one.
BRAND_TITLES_MIN = 5
GENDERS = frozenset({"men", "women", "unisex", "boys", "girls", "kids"})

# By label, in any case: how else customers call it. Words for the end of a query begin with "for".
SAID: Mapping[str, str] = {
    "tshirts": "tee",
    "shirts": "button-down",
    "casual shoes": "sneakers",
    "sports shoes": "trainers",
    "formal shoes": "oxfords",
    "kurtas": "long indian tunic",
    "watches": "timepiece",
    "sandals": "open toe footwear",
    "sunglasses": "shades",
    "flip flops": "beach slippers",
    "sweatshirts": "hoodie",
    "tops": "blouse",
    "heels": "pumps",
    "socks": "hosiery",
    "briefs": "underwear",
    "trousers": "pants",
    "sweaters": "pullover",
    "backpacks": "rucksack",
    "wallets": "billfold",
    "handbags": "purse",
    "track pants": "joggers",
    "caps": "baseball hat",
    "innerwear vests": "undershirt",
    "jeans": "denims",
    "jackets": "coat",
    "clutches": "evening bag",
    "capris": "cropped pants",
    "ties": "necktie",
    "deodorant": "body spray",
    "scarves": "shawl",
    "leggings": "tights",
    "flats": "ballerinas",
    "mufflers": "neck warmer",
    "lounge shorts": "pyjama bottoms",
    "trunk": "boxers",
    "messenger bag": "satchel",
    "gloves": "mittens",
    "navy blue": "dark blue",
    "grey": "gray",
    "maroon": "wine red",
    "purple": "violet",
    "beige": "sand coloured",
    "cream": "ivory",
    "tan": "light brown",
    "charcoal": "dark gray",
    "khaki": "dusty green",
    "olive": "dark green",
    "magenta": "hot pink",
    "gold": "golden",
    "silver": "metallic",
    "steel": "metallic",
    "rust": "reddish brown",
    "copper": "bronze coloured",
    "off white": "ivory",
    "men": "for him",
    "women": "for her",
    "boys": "for my son",
    "girls": "for my daughter",
    "formal": "for the office",
    "sports": "for the gym",
    "ethnic": "for an indian wedding",
}


@dataclass(frozen=True)
class Labelled:
    """A product's labels by name; those that are not known are missing."""

    id: str
    title: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Wish:
    """What is typed, in which way, and the labels that it means."""

    text: str
    kind: str
    labels: Mapping[str, str]


def labelled(source: Path) -> dict[str, Labelled]:
    """Return the products of the dataset at *source*, by id."""
    with (source / "styles.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {**COLUMNS, USE: "usage"}
    brands = brands_of([row["productDisplayName"] for row in rows])
    products = {}
    for row, brand in zip(rows, brands, strict=True):
        labels = {name: row[column] for name, column in columns.items() if row[column] not in {"", "NA"}}
        title = " ".join(row["productDisplayName"].split())
        products[row["id"]] = Labelled(row["id"], title, labels | ({BRAND: brand} if brand else {}))
    return products


def brands_of(titles: Sequence[str]) -> list[str]:
    """Return the brand of each title, in lower case; empty where it cannot be told."""
    before = [_before_gender(title.casefold().split()) for title in titles]
    count = Counter(before)
    return [brand if count[brand] >= BRAND_TITLES_MIN else "" for brand in before]


def _before_gender(words: Sequence[str]) -> str:
    places = [place for place, word in enumerate(words) if word in GENDERS]
    return " ".join(words[: places[0]]) if places else ""


def wishes(products: Sequence[Labelled], seed: int) -> list[Wish]:
    """Return a wish for each of *products*, made from its labels, in their order; each text once."""
    dice = random.Random(seed)
    found: dict[str, Wish] = {}
    for place, product in enumerate(products):
        wish = _wish(product, KINDS[place % len(KINDS)], dice)
        found.setdefault(wish.text, wish)
    return list(found.values())


def _wish(product: Labelled, kind: str, dice: random.Random) -> Wish:
    if kind == BRAND and BRAND not in product.labels:
        kind = LABELS
    others = [name for name in (COLOUR, GENDER, USE) if _is_asked(name, product.labels)]
    most = 1 if kind == BRAND else 2
    asked = dice.sample(others, min(len(others), dice.randint(1, most)))
    names = [name for name in (BRAND, USE, COLOUR, ARTICLE, GENDER) if name in {ARTICLE, *asked}]
    names = [BRAND, *names] if kind == BRAND else names
    labels = {name: product.labels[name] for name in names}
    return Wish(_typed(list(labels.values()), kind), kind, labels)


def _is_asked(name: str, labels: Mapping[str, str]) -> bool:
    """Whether a customer may ask for the label: "sports sports shoes" or "for everyone" says nobody."""
    value = labels.get(name, "")
    if name == USE:
        return value in USES and value.casefold() not in labels[ARTICLE].casefold()
    return value not in {"", "Unisex", "Multi"}


def _typed(values: Sequence[str], kind: str) -> str:
    words = [value.casefold() for value in values]
    if kind == OTHER_WORDS:
        words = [SAID.get(word, word) for word in words]
    return " ".join(sorted(words, key=lambda word: word.startswith("for ")))


def grades(wish: Wish, products: Sequence[Labelled]) -> dict[str, int]:
    """Return how well each product answers *wish*, 1 to 3, by id; those of another article are left out."""
    return {
        product.id: sum(_has(product.labels, name, value) for name, value in wish.labels.items())
        for product in products
        if product.labels.get(ARTICLE) == wish.labels[ARTICLE]
    }


def _has(labels: Mapping[str, str], name: str, value: str) -> bool:
    own = labels.get(name)
    return own == value or (name == GENDER and own == "Unisex" and value in {"Men", "Women"})
