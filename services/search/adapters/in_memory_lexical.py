"""Words and fields in this process's memory, looked through one by one: exact, small, and gone when the process ends.

The yardstick that the other lexical indexes are tested against.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.search.adapters.completing import completed, shortest
from services.search.adapters.spelling import Vocabulary, corrected
from services.search.adapters.words import last_word, spellings, stem, words
from services.search.core.filters.evaluate import evaluate, values_of
from services.search.core.filters.model import Field, Filter, Value
from services.search.core.lexical import (
    BM25_B,
    BM25_K1,
    WEIGHTS,
    article_number,
    article_numbers,
    by_count,
    number_in,
    texts_of,
)
from services.search.core.model import Count, Facts, ValueCounts
from triptych.vocabulary.choices import Consistency

# What FTS5 gives a word that more than half of the products have, whose weight would be below 0.
IDF_MIN = 1e-6


@dataclass(frozen=True)
class Product:
    """A product and what there is to find it by."""

    id: str
    facts: Facts

    def passes(self, among: Filter | None) -> bool:
        """Whether the filter holds of it."""
        return among is None or evaluate(among, self.id, self.facts)

    def values(self, field: Field) -> set[Value]:
        """Return its values of *field*, each once."""
        return set(values_of(field, self.id, self.facts))

    @property
    def group(self) -> str:
        """Its group, or itself where it has none."""
        return f"group {self.facts.group_id}" if self.facts.group_id else f"product {self.id}"

    @cached_property
    def spellings(self) -> set[str]:
        """Its words as people write them."""
        return {word for text in texts_of(self.facts).values() for word in spellings(text)}

    @cached_property
    def shown(self) -> set[str]:
        """The same without its description."""
        texts = texts_of(self.facts)
        return {word for name in texts if name != "description" for word in spellings(texts[name])}

    @cached_property
    def frequencies(self) -> Mapping[str, float]:
        """How often it has each word, times the weight of where that stands."""
        found: dict[str, float] = defaultdict(float)
        for name, text in texts_of(self.facts).items():
            for word in words(text):
                found[word] += WEIGHTS[name]
        return found

    @cached_property
    def length(self) -> int:
        """How many words it has."""
        return sum(len(words(text)) for text in texts_of(self.facts).values())


class InMemoryLexicalIndex:
    """Implements `LexicalIndex`."""

    def __init__(self) -> None:
        self._products: dict[str, dict[str, Product]] = defaultdict(dict)
        self._complete: set[str] = set()

    def seeing(self, consistency: Consistency) -> "InMemoryLexicalIndex":  # noqa: ARG002 - always sees all
        """Return this one."""
        return self

    async def complete_catalogs(self) -> set[str]:
        """Return the catalogues that are complete."""
        return set(self._complete)

    async def complete(self, catalog: str) -> None:
        """Note that the *catalog* is complete."""
        self._complete.add(catalog)

    async def forget(self, catalog: str) -> None:
        """Remove all products of the *catalog*."""
        self._products.pop(catalog, None)
        self._complete.discard(catalog)

    async def warm_up(self) -> None:
        """Return at once."""

    async def write(self, catalog: str, products: Mapping[str, Facts]) -> None:
        """Write *products*."""
        self._products[catalog].update((each, Product(each, facts)) for each, facts in products.items())

    async def remove(self, catalog: str, ids: Sequence[str]) -> None:
        """Remove products."""
        for each in ids:
            self._products[catalog].pop(each, None)

    async def ids_after(self, catalog: str, product_id: str, limit: int) -> list[str]:
        """Return the next ids in order."""
        return sorted(each.id for each in self.products(catalog) if each.id > product_id)[:limit]

    async def differing(self, catalog: str, products: Mapping[str, Facts]) -> set[str]:
        """Compare with what is kept."""
        kept = {each.id: each.facts for each in self.products(catalog)}
        return {each for each, facts in products.items() if kept.get(each) != facts}

    async def match(
        self, catalog: str, text: str, limit: int, among: Filter | None = None
    ) -> list[tuple[str, float]]:
        """Score every product."""
        passing = {each.id for each in self.products(catalog) if each.passes(among)}
        found = [each for each in self._scores(catalog, text).items() if each[0] in passing]
        return sorted(found, key=lambda each: (-each[1], each[0]))[:limit]

    async def scores(self, catalog: str, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Score every product and keep those asked for."""
        wanted = set(ids)
        return {each: score for each, score in self._scores(catalog, text).items() if each in wanted}

    async def exact(self, catalog: str, text: str, among: Filter | None = None) -> list[str]:
        """Compare the numbers of every product."""
        wanted = article_number(text)
        return sorted(
            each.id
            for each in self.products(catalog)
            if wanted in article_numbers(each.id, each.facts) and each.passes(among)
        )

    async def having(self, catalog: str, text: str, ids: Sequence[str]) -> set[str]:
        """Look for every word in each product."""
        wanted, known = set(words(text)), self._products[catalog]
        return {each for each in ids if wanted and each in known and wanted <= known[each].frequencies.keys()}

    async def corrected(self, catalog: str, text: str) -> str:
        """Look for words that are near to those nobody has."""
        counts = Counter(word for each in self.products(catalog) for word in each.spellings)
        known = {stem(word) for word in counts}
        return corrected(text, lambda word: stem(word) in known, lambda: Vocabulary(counts))

    async def completions(self, catalog: str, text: str, limit: int) -> list[tuple[str, int]]:
        """Look at every product."""
        head, beginning = last_word(text)
        before = set(words(head))
        having = [each for each in self.products(catalog) if before <= each.frequencies.keys()]
        begun = [{word for word in each.shown if beginning and word.startswith(beginning)} for each in having]
        counts = Counter(each for found in begun for each in {stem(word) for word in found})
        return completed(head, counts, shortest(set().union(*begun)), limit)

    def products(self, catalog: str) -> list[Product]:
        """Return every product of the *catalog*."""
        return list(self._products[catalog].values())

    def _scores(self, catalog: str, text: str) -> dict[str, float]:
        """Return the BM25 of every product that has a word of *text*, as FTS5 computes it."""
        products = self.products(catalog)
        mean_length = sum(each.length for each in products) / max(1, len(products))
        scores: dict[str, float] = {}
        for word in dict.fromkeys(words(text)):
            having = [each for each in products if word in each.frequencies]
            idf = max(IDF_MIN, math.log((len(products) - len(having) + 0.5) / (len(having) + 0.5)))
            for each in having:
                norm = BM25_K1 * (1 - BM25_B + BM25_B * each.length / mean_length)
                frequency = each.frequencies[word]
                part = idf * frequency * (BM25_K1 + 1) / (frequency + norm)
                scores[each.id] = scores.get(each.id, 0.0) + part
        return scores


class InMemoryFieldIndex:
    """Implements `FieldIndex` over the products of *lexical*."""

    def __init__(self, lexical: InMemoryLexicalIndex) -> None:
        self._lexical = lexical

    def seeing(self, consistency: Consistency) -> "InMemoryFieldIndex":  # noqa: ARG002 - always sees all
        """Return this one."""
        return self

    async def count(self, catalog: str, among: Filter | None, *, by_group: bool = False) -> Count:
        """Look at every product."""
        passing = list(self._passing(catalog, among))
        return Count(len({each.group for each in passing}) if by_group else len(passing))

    async def values(self, catalog: str, field: Field, among: Filter | None) -> ValueCounts:
        """Count every value of every product."""
        # By kind too, since Python takes true for 1.
        found = Counter(
            (isinstance(value, bool), value)
            for each in self._passing(catalog, among)
            for value in each.values(field)
        )
        return ValueCounts(by_count((value, count) for (_, value), count in found.items()))

    async def group_sizes(
        self, catalog: str, group_ids: Sequence[str], among: Filter | None
    ) -> Mapping[str, int]:
        """Count every product's group."""
        sizes = Counter(each.facts.group_id for each in self._passing(catalog, among))
        return {each: sizes[each] for each in group_ids if each and sizes[each]}

    async def ordered(
        self, catalog: str, field: Field, limit: int, among: Filter | None, *, descending: bool
    ) -> list[str]:
        """Sort every product."""

        def place(product: Product) -> tuple[bool, float, str]:
            number = number_in(product.values(field))
            if number is None:
                return True, 0.0, product.id
            return False, -number if descending else number, product.id

        return [each.id for each in sorted(self._passing(catalog, among), key=place)][:limit]

    async def groups_of(self, catalog: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Look up each product."""
        wanted = set(ids)
        return {
            each.id: each.facts.group_id
            for each in self._passing(catalog, None)
            if each.id in wanted and each.facts.group_id
        }

    def _passing(self, catalog: str, among: Filter | None) -> Iterator[Product]:
        return (each for each in self._lexical.products(catalog) if each.passes(among))
