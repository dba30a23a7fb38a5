"""Endless training texts: queries, modifiers and product texts of the training combinations, with noise."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.attributes import VALUES
from training.demo import texts
from training.demo.items import BRANDS, Item
from training.demo.vocabulary import LANGUAGES

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
PRODUCT_TEXT_SHARE = 0.25
_CATEGORY_SHARE = 0.8
_NOISE_SHARE = 0.3
_TYPO_SHARE = 0.08


@dataclass(frozen=True)
class Said:
    """A text and the attributes it names."""

    text: str
    attributes: dict[str, str]


def attributes_of(item: Item) -> dict[str, str]:
    """Return all attributes of a product by name."""
    return dict(zip(VALUES, item.combination, strict=True))


def combinations(items: Sequence[Item], split: str) -> list[dict[str, str]]:
    """Return the different combinations of one split, in a fixed order."""
    unique = {item.combination: attributes_of(item) for item in items if item.split == split}
    return [unique[combination] for combination in sorted(unique)]


class TextSampler:
    """Draws texts about the given combinations; the same seed gives the same texts."""

    def __init__(self, known: Sequence[dict[str, str]], seed: int) -> None:
        self._known = known
        self._rng = random.Random(seed)

    def draw(self, count: int) -> list[Said]:
        """Return *count* texts: some of products, the others of shoppers."""
        return [
            self.product() if self._rng.random() < PRODUCT_TEXT_SHARE else self.query() for _ in range(count)
        ]

    def query(self) -> Said:
        """Return what a shopper may write."""
        language = self._rng.choice(LANGUAGES)
        named = subset(self._rng.choice(self._known), self._rng)
        text = texts.query_text(named, language, self._rng)
        return Said(_typo(_noise(text, language, self._rng), self._rng), named)

    def product(self) -> Said:
        """Return what a shop may write, in one language or both."""
        attributes = self._rng.choice(self._known)
        languages = self._rng.choice((("en",), ("zh",), ("en", "zh")))
        return Said(
            " ".join(product_text(attributes, language, self._rng) for language in languages), attributes
        )


def subset(attributes: dict[str, str], rng: random.Random) -> dict[str, str]:
    """Keep the category mostly and the others as often as not, at least one."""
    kept = {
        name: value
        for name, value in attributes.items()
        if rng.random() < (_CATEGORY_SHARE if name == "category" else 0.5)
    }
    return kept or {"category": attributes["category"]}


def product_text(attributes: dict[str, str], language: str, rng: random.Random) -> str:
    """Title and description as a shop would write them, joined as the encoder service joins them."""
    title = texts.title(attributes, rng.choice(BRANDS), language, rng)
    return f"{title}. {texts.description(attributes, language, rng)}"


def _noise(text: str, language: str, rng: random.Random) -> str:
    """Now and then add a word that names nothing: unseen words must leave the rest in place."""
    if rng.random() >= _NOISE_SHARE:
        return text
    unseen = "".join(rng.choices(_LETTERS, k=rng.randint(2, 9)))
    word = rng.choice((rng.choice(BRANDS), unseen, str(rng.randint(0, 999))))
    words = [text] if language == "zh" else text.split(" ")
    words.insert(rng.randint(0, len(words)), word)
    return " ".join(words)


def _typo(text: str, rng: random.Random) -> str:
    """Now and then double a letter."""
    if rng.random() >= _TYPO_SHARE:
        return text
    at = rng.randrange(len(text))
    return text[: at + 1] + text[at:]
