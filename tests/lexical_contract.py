"""What `LexicalIndex` and `FieldIndex` must do on every engine.

A test class inherits `LexicalContract` and `FieldContract` and gives them the fixture `shelf`: an empty catalogue of its
own.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from services.search.adapters.in_memory_lexical import InMemoryFieldIndex, InMemoryLexicalIndex
from services.search.core.filters.evaluate import evaluate
from services.search.core.filters.model import And, Compare, Field, Has, Not, OneOf, Order
from services.search.core.filters.parse import parse
from services.search.core.model import Count, Facts, ValueCounts
from services.search.core.ports.fields import FieldIndex
from services.search.core.ports.words import LexicalIndex
from tests.filters_strategy import ATTRIBUTES, product, product_id, written

BRAND, PRICE, IN_STOCK, POPULARITY = Field("brand"), Field("price"), Field("in_stock"), Field("popularity")
COLOUR, SIZE, MIXED = (Field(name, is_attribute=True) for name in ("colour", "size", "mixed"))

# What means something to FTS5, SQL or Milvus, and must mean nothing here.
HOSTILE = (
    'red" OR "blue',
    "red OR blue",
    "red NOT blue",
    "NEAR(red blue, 2)",
    "title : red",
    "red*",
    "^red",
    "{title} : red",
    "-red",
    "red + blue",
    "'; DROP TABLE products_1; --",
    '") OR 1=1 --',
    "(((((",
    '"',
    "\\",
    "%",
    "red \x00 blue",
    "red 🏠",
    "a " * 500,
    "(" * 300 + "red" + ")" * 300,
)


class Shelf:
    """A catalogue of its own in an engine."""

    def __init__(self, lexical: LexicalIndex, fields: FieldIndex, catalog: str = "") -> None:
        self.lexical = lexical
        self.fields = fields
        self.catalog = catalog or f"t{uuid.uuid4().hex[:12]}"

    async def put(self, products: Mapping[str, Facts]) -> None:
        """Write products as the keeper does."""
        await self.lexical.write(self.catalog, products)

    async def remove(self, ids: Sequence[str]) -> None:
        """Remove products as the keeper does."""
        await self.lexical.remove(self.catalog, ids)

    async def titles(self, **titles: str) -> None:
        """Write products of which nothing but a title is known."""
        await self.put({each: Facts(title=title) for each, title in titles.items()})

    async def found(self, text: str, limit: int = 100, among=None) -> list[str]:
        """Return the products that `match` finds."""
        return [each for each, _ in await self.lexical.match(self.catalog, text, limit, among)]


class LexicalContract:
    async def test_nothing_is_found_where_nothing_was_written(self, shelf):
        """A catalogue that was never written has no products, and asking is no error."""
        at, lexical, fields = shelf.catalog, shelf.lexical, shelf.fields
        assert [] == await lexical.match(at, "red", 10)
        assert {} == await lexical.scores(at, "red", ["a"])
        assert [] == await lexical.exact(at, "a")
        assert set() == await lexical.having(at, "red", ["a"])
        assert "" == await lexical.corrected(at, "red")
        await lexical.remove(at, ["a"])
        await lexical.write(at, {})
        assert Count(0) == await fields.count(at, None)
        assert ValueCounts(()) == await fields.values(at, BRAND, None)
        assert {} == await fields.group_sizes(at, ["g"], None)
        assert [] == await fields.ordered(at, PRICE, 10, None, descending=False)
        assert {} == await fields.groups_of(at, ["a"])

    async def test_any_word_finds_and_more_words_find_better(self, shelf):
        """Products with any word of the text are found; those with more of its words, or rarer ones, come first."""
        await shelf.titles(
            a="red shoes", b="red dress", c="green dress", d="blue hat", e="blue scarf", f="coat"
        )
        assert ["a", "b"] == await shelf.found("red shoes")
        assert ["b", "a", "c"] == await shelf.found("dress, red")
        assert [] == await shelf.found("sofa")
        assert [] == await shelf.found("")
        assert [] == await shelf.found(" ?! ")
        assert ["d"] == await shelf.found("BLUE hat", limit=1)

    async def test_equals_are_ordered_by_id(self, shelf):
        """Products of the same score are ordered by id, also where only some of them are wanted."""
        await shelf.titles(
            **{f"p{n}": "red hat" for n in (3, 1, 2, 5, 4)}, x="a", y="b", z="c", u="d", v="e", w="f"
        )
        assert ["p1", "p2", "p3"] == await shelf.found("hat", limit=3)

    async def test_the_title_counts_most(self, shelf):
        """The same word counts most in the title, and more in brand, category and attributes than in the description."""
        await shelf.put(
            {
                "description": Facts(description="wool", title="one two"),
                "title": Facts(title="wool", description="one two"),
                "brand": Facts(brand="wool", description="one two"),
                "category": Facts(category="wool", description="one two"),
                "attribute": Facts(attributes={"material": "wool"}, description="one two"),
                **{f"other{n}": Facts(title="one two three") for n in range(6)},
            }
        )
        found = await shelf.found("wool")
        assert ("title", "description") == (found[0], found[-1])
        assert {"title", "brand", "category", "attribute", "description"} == set(found)

    async def test_scores_are_those_of_match(self, shelf):
        """Scores of given products are the numbers by which match orders; products without the words have none."""
        await shelf.titles(
            a="red wool hat", b="red hat", c="blue coat", d="green scarf", e="grey gloves", f="belt"
        )
        matched = dict(await shelf.lexical.match(shelf.catalog, "red wool", 10))
        scores = await shelf.lexical.scores(shelf.catalog, "red wool", ["b", "a", "c", "nobody"])
        assert pytest.approx(matched) == scores
        assert scores["a"] > scores["b"] > 0

    async def test_plurals_case_accents_and_apostrophes_do_not_count(self, shelf):
        """A word is found in its plural, in any case, with or without accents, and with a possessive s."""
        await shelf.titles(
            a="Women's Dresses", b="Café Größe", c="batteries", d="Ｆｕｌｌ width", e="glass", f="x"
        )
        for text, expected in {
            "woman": [],
            "womens": ["a"],
            "WOMEN dress": ["a"],
            "cafe": ["b"],
            "GROSSE": ["b"],
            "CAFÉ": ["b"],
            "battery": ["c"],
            "full": ["d"],
            "glasses": ["e"],
        }.items():
            assert expected == await shelf.found(text), text

    async def test_chinese_is_taken_apart_into_words(self, shelf):
        """Chinese is found by its words, also beside Latin letters, and not by a character that is part of another."""
        await shelf.titles(
            a="红色连衣裙 女士", b="蓝色T恤", c="iPhone手机壳", d="白色衬衫", e="黑色裤子", f="鞋"
        )
        assert ["a"] == await shelf.found("连衣裙")
        assert ["b"] == await shelf.found("t恤")
        assert ["c"] == await shelf.found("手机")
        assert ["c"] == await shelf.found("IPHONE")
        assert ["a", "b"] == sorted(await shelf.found("红色 蓝色"))
        assert [] == await shelf.found("衣")
        assert {"a"} == await shelf.lexical.having(shelf.catalog, "红色 连衣裙", ["a", "b"])

    async def test_no_text_means_anything_but_its_words(self, shelf):
        """Operators, quotes and brackets of any query language are no operators here."""
        await shelf.titles(a="red", b="blue", c="green or near title")
        for text in HOSTILE:
            found = await shelf.found(text)
            assert set(found) <= {"a", "b", "c"}, text
            assert ("a" in found) == ("red" in text), text
            assert ("b" in found) == ("blue" in text), text
            await shelf.lexical.having(shelf.catalog, text, ["a"])
            await shelf.lexical.scores(shelf.catalog, text, ["a"])
            assert [] == await shelf.lexical.exact(shelf.catalog, text)
            await shelf.lexical.corrected(shelf.catalog, text)
            await shelf.lexical.completions(shelf.catalog, text, 10)
        assert ["a"] == await shelf.found("red")

    async def test_ids_and_article_numbers_are_found_exactly(self, shelf):
        """A product is found by its whole id or article number, whatever the case; by a part of it never."""
        await shelf.put(
            {
                "AB-1": Facts(attributes={"EAN": 4006381333931.0, "sku": "X 77"}),
                "c": Facts(attributes={"GTIN": ("0001", "0002"), "colour": "red", "sku": True}),
                "d": Facts(attributes={"mpn": "ab-1"}, brand="Acme"),
            }
        )
        for text, expected in {
            "ab-1": ["AB-1", "d"],
            " AB-1 ": ["AB-1", "d"],
            "AB": [],
            "AB-1 x": [],
            "4006381333931": ["AB-1"],
            "x 77": ["AB-1"],
            "0002": ["c"],
            "2": [],
            "red": [],
            "sku": [],
            "": [],
        }.items():
            assert expected == await shelf.lexical.exact(shelf.catalog, text), text
        assert ["d"] == await shelf.lexical.exact(shelf.catalog, "ab-1", OneOf(BRAND, ("Acme",)))

    async def test_having_asks_for_every_word(self, shelf):
        """Products that have all words, wherever they stand, are told; a text without words none has."""
        await shelf.put(
            {
                "a": Facts(title="Leather shoe", brand="Acme"),
                "b": Facts(title="Leather belt", description="goes with shoes"),
                "c": Facts(title="shoe"),
            }
        )
        ids = ["a", "b", "c", "nobody"]
        assert {"a", "b"} == await shelf.lexical.having(shelf.catalog, "shoes leather", ids)
        assert {"b"} == await shelf.lexical.having(shelf.catalog, "shoes leather", ["b"])
        assert {"a"} == await shelf.lexical.having(shelf.catalog, "acme", ids)
        assert set() == await shelf.lexical.having(shelf.catalog, " -- ", ids)
        assert set() == await shelf.lexical.having(shelf.catalog, "shoe", [])

    async def test_filters_hold(self, shelf):
        """Nothing that does not pass the filter is found, and missing fields make a condition false, NOT turns it true."""
        await shelf.put(
            {
                "a": Facts(
                    title="hat",
                    brand="Acme",
                    price=10.0,
                    in_stock=True,
                    attributes={"colour": ("red", "blue")},
                ),
                "b": Facts(title="hat", price=20.0, in_stock=False, attributes={"colour": "red"}),
                "c": Facts(title="hat", brand="Bolt", popularity=5, attributes={"mixed": True}),
                "d": Facts(title="hat", brand="Bolt", attributes={"mixed": 1.0}),
                "e": Facts(title="hat", brand="Bolt", attributes={"mixed": "1"}),
            }
        )
        for among, expected in (
            (None, "abcde"),
            (OneOf(BRAND, ("Acme", "Nobody")), "a"),
            (Not(OneOf(BRAND, ("Acme",))), "bcde"),
            (Compare(PRICE, Order.BELOW, 20.0), "a"),
            (Compare(PRICE, Order.AT_MOST, 20.0), "ab"),
            (Not(Compare(PRICE, Order.BELOW, 20.0)), "bcde"),
            (OneOf(IN_STOCK, (True,)), "a"),
            (Not(OneOf(IN_STOCK, (True,))), "bcde"),
            (OneOf(COLOUR, ("blue",)), "a"),
            (And((OneOf(COLOUR, ("red",)), Not(OneOf(COLOUR, ("blue",))))), "b"),
            (OneOf(MIXED, (True,)), "c"),
            (OneOf(MIXED, (1.0,)), "d"),
            (OneOf(MIXED, ("1",)), "e"),
            (Compare(MIXED, Order.ABOVE, 0.0), "d"),
            (Has(MIXED), "cde"),
            (Not(Has(BRAND)), "b"),
            (Compare(POPULARITY, Order.AT_LEAST, 0.0), "abcde"),
        ):
            assert list(expected) == sorted(await shelf.found("hat", among=among)), among
            assert Count(len(expected)) == await shelf.fields.count(shelf.catalog, among), among

    async def test_writing_again_replaces(self, shelf):
        """Of the earlier version no word, number or field is left."""
        await shelf.put({"a": Facts(title="red hat", brand="Acme", attributes={"sku": "1", "colour": "red"})})
        await shelf.put({"a": Facts(title="blue hat", attributes={"ean": "2"}), "b": Facts(title="coat")})
        assert [] == await shelf.found("red acme")
        assert ["a"] == await shelf.found("blue")
        assert [] == await shelf.lexical.exact(shelf.catalog, "1")
        assert ["a"] == await shelf.lexical.exact(shelf.catalog, "2")
        assert Count(2) == await shelf.fields.count(shelf.catalog, None)
        assert ValueCounts(()) == await shelf.fields.values(shelf.catalog, COLOUR, None)
        assert ValueCounts(()) == await shelf.fields.values(shelf.catalog, BRAND, None)

    async def test_what_is_removed_is_gone(self, shelf):
        """A removed product is found by nothing and no longer counts; unknown ids are passed over."""
        await shelf.put({each: Facts(title="hat", attributes={"sku": each * 3}) for each in "abc"})
        await shelf.remove(["a", "nobody", "b"])
        assert ["c"] == await shelf.found("hat")
        assert [] == await shelf.lexical.exact(shelf.catalog, "aaa")
        assert [] == await shelf.lexical.exact(shelf.catalog, "a")
        assert Count(1) == await shelf.fields.count(shelf.catalog, None)
        await shelf.put({"a": Facts(title="hat")})
        assert ["a", "c"] == sorted(await shelf.found("hat"))

    async def test_unknown_words_are_corrected(self, shelf):
        """Unknown words become the nearest known one, the more frequent of equals; all else stays as it was typed."""
        await shelf.titles(
            a="Leather shoes",
            b="leather boots",
            c="café",
            d="红色连衣裙",
            e="hat",
            f="hut",
            g="hut",
            h="1234567",
        )
        for text, expected in {
            "leathr shos": "leather shoes",
            "Laether  boots!": "leather boots!",
            "leather shoe": "",
            "hxt": "hut",
            "1234568 lether": "1234568 leather",
            "a1234": "",
            "红色连衣群": "",
            "cafés": "",
            "zzzzzzz": "",
            "xx": "",
            "": "",
        }.items():
            assert expected == await shelf.lexical.corrected(shelf.catalog, text), text

    async def test_what_is_typed_is_completed(self, shelf):
        """By words that products have together with all before, in any case and script; most products first."""
        await shelf.put(
            {
                "a": Facts(title="Red mugs", brand="Mulan"),
                "b": Facts(title="red mug", category="mustard", description="muddy"),
                "c": Facts(title="blue mug", attributes={"material": "muslin", "dish washer": True}),
                "d": Facts(title="café dresses"),
                "e": Facts(title="红色连衣裙"),
                "f": Facts(title="50 cm"),
            }
        )
        for text, expected in {
            "mu": [("mug", 3), ("mulan", 1), ("muslin", 1), ("mustard", 1)],
            "Red MU": [("Red mug", 2), ("Red mulan", 1), ("Red mustard", 1)],
            "mug, red  m": [("mug, red mug", 2), ("mug, red mulan", 1), ("mug, red mustard", 1)],
            "blue  mus": [("blue muslin", 1)],
            "mug blue": [("mug blue", 1)],
            "dresse": [("dresses", 1)],
            "CAFÉ": [("cafe", 1)],
            "红": [("红色", 1)],
            "红色连衣": [("红色连衣", 1), ("红色连衣裙", 1)],
            "5": [("50", 1)],
            "green mu": [],
            "mud": [],
            "…": [],
            "": [],
        }.items():
            assert expected == await shelf.lexical.completions(shelf.catalog, text, 10), text
        assert [("mug", 3)] == await shelf.lexical.completions(shelf.catalog, "m", 1)
        assert [] == await shelf.lexical.completions(f"{shelf.catalog}_other", "m", 10)

    async def test_catalogues_are_apart(self, shelf):
        """Nothing of one catalogue is found in another, whose name may be a part of its own."""
        other = Shelf(shelf.lexical, shelf.fields, f"{shelf.catalog}_data")
        await shelf.titles(a="hat")
        await other.titles(b="hat", c="coat")
        assert ["a"] == await shelf.found("hat")
        assert ["b"] == await other.found("hat")
        assert (await shelf.lexical.scores(shelf.catalog, "hat", ["b"])) == {}

    async def test_which_catalogues_are_whole(self, shelf):
        """A catalogue is complete from when it is said so until it is forgotten with all its products."""
        await shelf.titles(a="hat")
        assert shelf.catalog not in await shelf.lexical.complete_catalogs()
        await shelf.lexical.complete(shelf.catalog)
        await shelf.lexical.complete(shelf.catalog)
        assert shelf.catalog in await shelf.lexical.complete_catalogs()
        assert ["a"] == await shelf.found("hat")
        await shelf.lexical.forget(shelf.catalog)
        await shelf.lexical.forget(shelf.catalog)
        assert shelf.catalog not in await shelf.lexical.complete_catalogs()
        assert [] == await shelf.found("hat")

    async def test_products_are_walked_through(self, shelf):
        """Pages of ids hold every product once, whatever the ids hold."""
        ids = [*(f"{each[:30]} id" for each in HOSTILE), *(f"p{n}" for n in range(5))]
        await shelf.titles(**dict.fromkeys(ids, "hat"))
        found, last = [], ""
        while page := await shelf.lexical.ids_after(shelf.catalog, last, 4):
            found += page
            last = page[-1]
        assert sorted(ids) == sorted(found)
        assert [] == await shelf.lexical.ids_after("nothing_was_written", "", 4)

    async def test_what_differs_is_told(self, shelf):
        """A product that is missing or of which anything is other than it would be written differs; others do not."""
        whole = Facts(
            title="Red hat",
            description="Warm",
            brand="Acme",
            category="hats",
            price=9.5,
            in_stock=True,
            popularity=3,
            update_time=1.5e9,
            group_id="g",
            locale="en",
            attributes={"colour": "red", "sizes": ("s", "m"), "wool": True, "weight": 2.5},
        )
        changed = {
            "title": "Blue hat",
            "description": "",
            "brand": "Other",
            "category": "caps",
            "price": None,
            "in_stock": None,
            "popularity": 4,
            "update_time": None,
            "group_id": "",
            "locale": "de",
            "attributes": {"colour": "red", "sizes": ("s",), "wool": True, "weight": 2.5},
        }
        expected = {name: replace(whole, **{name: value}) for name, value in changed.items()}
        await shelf.put(dict.fromkeys(["same", *expected], whole) | {"bare": Facts()})
        kept = {"same": whole, "bare": Facts()}
        assert set() == await shelf.lexical.differing(shelf.catalog, kept)
        assert {*expected, "missing"} == await shelf.lexical.differing(
            shelf.catalog, {**kept, **expected, "missing": whole}
        )
        assert {"a"} == await shelf.lexical.differing("nothing_was_written", {"a": whole})

    async def test_it_agrees_with_plain_computing(self, shelf):
        """Over random products and texts the same products are found in the same order with the same scores."""
        exact = InMemoryLexicalIndex()
        plain = Shelf(exact, InMemoryFieldIndex(exact), shelf.catalog)
        random, catalogue = Random(7), random_products(Random(7), 120)
        for each in (shelf, plain):
            await each.put(catalogue)
        for _ in range(40):
            text = " ".join(random.choices(WORDS, k=random.randint(1, 4)))
            expected = await plain.lexical.match(plain.catalog, text, 200)
            found = await shelf.lexical.match(shelf.catalog, text, 200)
            assert {each for each, _ in expected} == {each for each, _ in found}, text
            if self.computes_as_fts5:
                assert pytest.approx(dict(expected), rel=1e-9) == dict(found), text

    # Whether scores are those of FTS5; the weights of words in few products are much the same everywhere.
    computes_as_fts5 = True


class FieldContract:
    async def test_filters_hold_of_what_is_counted(self, shelf):
        """Random filters count what a plain evaluation counts."""
        random = Random(3)
        products = {product_id(Random(n), n): product(Random(n)) for n in range(60)}
        await shelf.put(products)
        for _ in range(60):
            tree = parse(written(random).text, ATTRIBUTES)
            expected = sum(evaluate(tree, each, facts) for each, facts in products.items())
            assert (tree, Count(expected)) == (tree, await shelf.fields.count(shelf.catalog, tree))

    async def test_long_and_strange_values_come_back_as_they_were(self, shelf):
        """Whatever a string holds, and however long it is, it is counted under itself."""
        strange = ("B" * 128, "红" * 100, 'quo"te', "%h", "%22", "🏠" * 20, " spaces ", "a\nb")
        await shelf.put(
            {
                f"p{n}": Facts(brand=each, group_id=each, attributes={each: each, "colour": (each, "red")})
                for n, each in enumerate(strange)
            }
        )
        at, fields = shelf.catalog, shelf.fields
        assert {(each, 1) for each in strange} == set((await fields.values(at, BRAND, None)).counts)
        assert {("red", 8), *((each, 1) for each in strange)} == set(
            (await fields.values(at, COLOUR, None)).counts
        )
        for n, each in enumerate(strange):
            own = Field(each, is_attribute=True)
            assert ValueCounts(((each, 1),)) == await fields.values(at, own, OneOf(own, (each,)))
            assert {each: 1} == await fields.group_sizes(at, [each], None)
            assert {f"p{n}": each} == await fields.groups_of(at, [f"p{n}"])

    async def test_values_are_counted(self, shelf):
        """Each value has its number of products, most frequent first; one value in two kinds is two values."""
        await shelf.put(
            {
                "a": Facts(
                    brand="B", price=1.0, in_stock=True, attributes={"colour": ("red", "blue", "red")}
                ),
                "b": Facts(brand="A", price=1.0, attributes={"colour": "red", "mixed": 1.0}),
                "c": Facts(brand="B", price=2.5, in_stock=True, attributes={"mixed": True}),
                "d": Facts(attributes={"mixed": "1"}, in_stock=False),
            }
        )
        at, values = shelf.catalog, shelf.fields.values
        assert ValueCounts((("B", 2), ("A", 1))) == await values(at, BRAND, None)
        assert ValueCounts(((1.0, 2), (2.5, 1))) == await values(at, PRICE, None)
        assert [(True, 2), (False, 1)] == list((await values(at, IN_STOCK, None)).counts)
        assert ValueCounts((("red", 2), ("blue", 1))) == await values(at, COLOUR, None)
        mixed = [(type(value), count) for value, count in (await values(at, MIXED, None)).counts]
        assert [(str, 1), (float, 1), (bool, 1)] == mixed
        assert ValueCounts((("A", 1), ("B", 1))) == await values(at, BRAND, OneOf(COLOUR, ("red",)))

    async def test_groups_are_counted(self, shelf):
        """A group counts once, a product without one for itself; sizes are of what passes the filter."""
        await shelf.put(
            {
                "a": Facts(group_id="g", price=1.0),
                "b": Facts(group_id="g", price=2.0),
                "c": Facts(group_id="h", price=3.0),
                "d": Facts(price=1.0),
                "g": Facts(),
            }
        )
        at, fields, cheap = shelf.catalog, shelf.fields, Compare(PRICE, Order.BELOW, 2.0)
        assert Count(4) == await fields.count(at, None, by_group=True)
        assert Count(2) == await fields.count(at, cheap, by_group=True)
        assert {"g": 2, "h": 1} == await fields.group_sizes(at, ["g", "h", "nobody"], None)
        assert {"g": 1} == await fields.group_sizes(at, ["g", "h"], cheap)
        assert {"a": "g", "c": "h"} == await fields.groups_of(at, ["c", "d", "a", "nobody"])

    async def test_products_are_ordered_by_a_number(self, shelf):
        """They are in order, up or down; those without the number come last either way, and equals stand by id."""
        await shelf.put(
            {
                "b": Facts(price=2.0, attributes={"size": 40.0}),
                "a": Facts(price=2.0, attributes={"size": 41.0}),
                "c": Facts(price=1.0, attributes={"size": "41"}),
                "e": Facts(),
                "d": Facts(attributes={"size": True}),
            }
        )
        at, ordered = shelf.catalog, shelf.fields.ordered
        assert ["c", "a", "b", "d", "e"] == await ordered(at, PRICE, 10, None, descending=False)
        assert ["a", "b", "c", "d", "e"] == await ordered(at, PRICE, 10, None, descending=True)
        assert ["b", "a"] == await ordered(at, SIZE, 2, None, descending=False)
        assert ["a", "b", "c", "d", "e"] == await ordered(at, SIZE, 10, None, descending=True)
        assert ["c"] == await ordered(at, PRICE, 10, Compare(PRICE, Order.BELOW, 2.0), descending=True)


WORDS = [
    "red",
    "blue",
    "shoe",
    "shoes",
    "dress",
    "shirt",
    "wool",
    "cotton",
    "红色",
    "连衣裙",
    "nike",
    "adidas",
    "small",
    "large",
    "café",
    "size",
    "boots",
    "warm",
]


def random_products(random: Random, count: int) -> dict[str, Facts]:
    """Return products that share words."""

    def text(most: int) -> str:
        return " ".join(random.choices(WORDS, k=random.randint(0, most)))

    return {
        f"p{number}": Facts(
            title=text(5), description=text(30), brand=text(1), attributes={"material": text(1)}
        )
        for number in range(count)
    }
