"""What shoppers say about the products of a catalogue: its attributes as slots, its titles as sentences.

A catalogue is a .jsonl file of products as `triptych ingest` reads them. Its category, brand and short attributes
become slots, "wooden" filling `material`; a file of synonyms (YAML or JSON: attribute: value: [ways to say it]) adds
what shoppers say and the catalogue does not.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from training.errors import TrainingError
from training.speech.grammar import Choice, Node, Phrase, Rare, Slot, optional, words
from training.speech.modifiers import Modifiers
from training.speech.phrases import Ways, speakable
from training.speech.wishes import WEIGHT, wish_sentences, wishes

# Longer values are sentences, and are said in other words.
_WORDS_MAX = 3
# An attribute of more values than this is a name or a number of each product, not a kind of it.
_VALUES_MAX = 400
_CATEGORY = "category"
_AFTER = frozenset({"in", "with", "without", "of", "from", "for", "made"})
_ASKED = (
    "find", "show me", "i want", "i need", "i am looking for", "looking for", "do you have", "search for", "buy",
    "can you find me", "i would like", "i'd like", "give me", "have you got",
)  # fmt: skip
_CHANGED = (
    "but", "in", "the same in", "the same but", "this one but", "like this but", "i want it", "make it",
    "do you have it in",
)  # fmt: skip
_CLOSED = ("please", "for sale", "instead")


@dataclass(frozen=True)
class Catalogue:
    """What there is to say.

    Args:
        ways: attribute → value → ways to say it; "category" is among the attributes.
        titles: of the products, in speakable words.
        priced: whether products have prices, which shoppers then limit.
    """

    ways: Ways
    titles: tuple[str, ...] = ()
    priced: bool = True


def read_catalogue(path: Path, synonyms: Path | None = None) -> Catalogue:
    """Return what there is to say about the products in *path*.

    Raises:
        TrainingError: a line is no product, no product has a category, or the synonyms are none.
    """
    products = list(_products(path))
    values: dict[str, dict[str, None]] = {}
    for product in products:
        for name, value in _facts(product):
            values.setdefault(name, {})[value] = None
    kinds = {name: found for name, found in values.items() if len(found) <= _VALUES_MAX}
    if _CATEGORY not in kinds:
        raise TrainingError(f"{path}: no product names a category, so there is nothing to ask for")
    extra = _read_synonyms(synonyms) if synonyms else {}
    ways = {
        name: {value: _unique((speakable(value), *extra.get(name, {}).get(value, ()))) for value in found}
        for name, found in kinds.items()
    }
    titles = _unique(speakable(str(product.get("title", ""))) for product in products)
    priced = any(product.get("price") for product in products)
    return Catalogue(ways, tuple(title for title in titles if title), priced)


def catalogue_grammar(ways: Ways, *, priced: bool = True) -> Node:
    """Return what shoppers say: "show me a red wooden chair with stripes please", "but in blue", "under ten euros".

    Each attribute is said once at most; of more than five attributes, any three are said, be they the same. What it may
    cost and what it must not be come last: see `wishes`.

    Args:
        ways: attribute → value → ways to say it. Ways that begin with a preposition come after the noun.
        priced: whether products have prices.
    """
    noun = Choice(tuple(_phrases(_CATEGORY, ways[_CATEGORY])))
    names = [name for name in ways if name != _CATEGORY]
    modifiers = Modifiers(
        before={name: Choice(said) for name in names if (said := tuple(_phrases(name, ways[name])))},
        alone={name: _either(name, ways[name], 1.0) for name in names},
        behind={name: _either(name, ways[name], WEIGHT) for name in names},
    )
    wished = wishes({name: ways[name] for name in names}, priced=priced)
    further: Node = optional(wished) if wished else Phrase()
    article, closed = _maybe(("a", "an", "some", "the")), _maybe(_CLOSED)
    sentences: list[Node] = [Phrase((_maybe(_ASKED), article, modifiers.around(noun), further, closed))]
    if names:
        sentences.append(Phrase((_maybe(_CHANGED), modifiers.joined(), further, closed)))
    if wished:
        sentences.append(Phrase((_maybe(_CHANGED), wished, closed)))
    return Choice(tuple(sentences))


def catalogue_sentences(catalogue: Catalogue) -> list[str]:
    """Return sentences to count word sequences in: titles, and attributes of one product kind, as shoppers say them."""
    asked, closed = ("", *_ASKED), ("", *_CLOSED)
    sentences = list(catalogue.titles)
    for at, title in enumerate(catalogue.titles):
        sentences.append(f"{asked[at % len(asked)]} a {title} {closed[at % len(closed)]}")
    nouns = [way for said in catalogue.ways[_CATEGORY].values() for way in said]
    for name, values in catalogue.ways.items():
        ways = [way for said in values.values() for way in said] if name != _CATEGORY else []
        for at, way in enumerate(ways):
            noun = nouns[at % len(nouns)]
            sentence = f"{noun} {way}" if way.split()[0] in _AFTER else f"{way} {noun}"
            sentences += [f"{asked[at % len(asked)]} a {sentence}", f"{_CHANGED[at % len(_CHANGED)]} {way}"]
    sentences += [f"{asked[at % len(asked)]} a {noun}" for at, noun in enumerate(nouns)]
    attributes = {name: values for name, values in catalogue.ways.items() if name != _CATEGORY}
    wished = wish_sentences(attributes, priced=catalogue.priced)
    sentences += [f"{nouns[at % len(nouns)]} {wish}" for at, wish in enumerate(wished)]
    return [" ".join(sentence.split()) for sentence in sentences]


def _products(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: cannot be read as a catalogue: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            product = json.loads(line)
        except ValueError as error:
            raise TrainingError(f"{path}, line {number}: no JSON: {error}") from error
        if not isinstance(product, dict):
            raise TrainingError(f"{path}, line {number}: a product is a JSON object")
        yield product


def _facts(product: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name and value of what of *product* can be said in a few words of English."""
    attributes = product.get("attributes")
    facts = {
        _CATEGORY: product.get(_CATEGORY),
        "brand": product.get("brand"),
        **(attributes if isinstance(attributes, dict) else {}),
    }
    for name, value in facts.items():
        sayable = isinstance(value, str) and value.isascii() and any(map(str.isalpha, value))
        if sayable and 1 <= len(speakable(value).split()) <= _WORDS_MAX:
            yield name, value


def _read_synonyms(path: Path) -> Mapping[str, Mapping[str, Sequence[str]]]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))  # JSON is YAML, too
        return {
            str(name): {
                str(value): tuple(speakable(str(way)) for way in ways) for value, ways in values.items()
            }
            for name, values in content.items()
        }
    except (OSError, ValueError, yaml.YAMLError, AttributeError, TypeError) as error:
        raise TrainingError(f"{path}: synonyms are attribute: value: [ways to say it]: {error}") from error


def _unique(found: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def _phrases(name: str, values: Mapping[str, Sequence[str]], *, after: bool = False) -> Iterator[Node]:
    for value, said in values.items():
        chosen = [words(way) for way in said if (way.split()[0] in _AFTER) == after]
        if chosen:
            yield Slot(name, chosen[0] if len(chosen) == 1 else Choice(tuple(chosen)), value)


def _either(name: str, values: Mapping[str, Sequence[str]], weight: float) -> Node:
    """Return the values of *name* as they are said without a noun; *weight* is that of those said without "in" or "with"."""
    bare = tuple(_phrases(name, values))
    shy = (Rare(Choice(bare), weight),) if bare and weight < 1 else bare
    return Choice((*shy, *_phrases(name, values, after=True)))


def _maybe(phrases: Sequence[str]) -> Node:
    return Choice((Phrase(), *(words(phrase) for phrase in phrases)))
