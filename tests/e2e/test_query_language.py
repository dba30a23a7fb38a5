"""What a search can ask for beside its parts: filters, facets, groups, orders, pages, exclusions, exact words."""

import time
from collections import Counter
from collections.abc import Iterator

import grpc
import pytest

from training.demo.items import Item, items
from triptych.client import Client, TriptychClientError, part
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

PRODUCTS = 300
VARIANTS = "variants"


def product_of(number: int, item: Item) -> types_pb2.Product:
    """A product of words alone; its variants share what a picture would show."""
    product = types_pb2.Product(
        id=f"v{number:04}",
        title=item.title_en,
        brand=item.brand,
        category=item.category,
        in_stock=item.in_stock,
        popularity=item.popularity,
        group_id="-".join(item.combination) if number % 5 else "",
    )
    product.price.units = item.price_cents // 100
    product.price.currency_code = "EUR"
    product.update_time.seconds = 1_700_000_000 + number * 3600
    for name, value in (("colour", item.colour), ("material", item.material), ("sku", f"TR-{number:05}/X")):
        product.attributes[name].string_value = value
    return product


@pytest.fixture(scope="module")
def stock() -> dict[str, types_pb2.Product]:
    """The products, by id."""
    products = [product_of(number, item) for number, item in enumerate(items(PRODUCTS))]
    return {product.id: product for product in products}


@pytest.fixture(scope="module")
def client(suite, shop, stock) -> Iterator[Client]:
    """A client; the products can be found."""
    with Client(suite.address) as opened:
        products = list(stock.values())
        for at in range(0, PRODUCTS, 100):
            assert not any(
                result.HasField("error")
                for result in opened.upsert(products[at : at + 100], catalog=VARIANTS)
            )
        yield opened


def wait_until(found) -> None:
    """Searches by vector see writes a moment later."""
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end
        time.sleep(0.2)


@pytest.fixture(scope="module")
def find(client, stock):
    """Search the catalogue of variants."""

    def ask(text: str = "blue cotton watch", **more) -> pb.SearchProductsResponse:
        return client.search(text=text, catalog=VARIANTS, timeout_s=30, **more)

    def all_found() -> bool:
        pages = client.pages(text="watch", catalog=VARIANTS, page_size=100, timeout_s=30)
        return PRODUCTS == sum(len(page.results) for page in pages)

    wait_until(all_found)
    return ask


def ids(answer: pb.SearchProductsResponse) -> list[str]:
    return [result.product.id for result in answer.results]


class TestFilters:
    def test_every_product_passes_and_all_are_counted(self, find, stock):
        """As plain Python says."""
        answer = find(
            filter='category : ("watch", "mug") AND price < 150 AND NOT brand = "Fjord"', page_size=100
        )

        expected = {
            each.id
            for each in stock.values()
            if each.category in {"watch", "mug"} and each.price.units < 150 and each.brand != "Fjord"
        }
        assert expected
        assert expected == set(ids(answer))
        assert (len(expected), True) == (answer.total_size, answer.total_size_is_exact)

    def test_facets_count_what_passes(self, find, stock):
        """Their own filter may be left out, so that one sees what else there is."""
        answer = find(
            filter='category : ("watch", "dress", "mug") AND attributes.colour = "blue"',
            facets=[
                "brand",
                pb.FacetSpec(field="attributes.colour", exclude_own_filter=True),
                pb.FacetSpec(field="price", bounds=[100, 200]),
            ],
        )

        some = [each for each in stock.values() if each.category in {"watch", "dress", "mug"}]
        blue = [each for each in some if each.attributes["colour"].string_value == "blue"]
        assert blue
        brands, colours, prices = answer.facets
        assert Counter(each.brand for each in blue) == {value.text: value.count for value in brands.values}
        assert Counter(each.attributes["colour"].string_value for each in some) == {
            value.text: value.count for value in colours.values
        }
        below = [sum(each.price.units < bound for each in blue) for bound in (100, 200)]
        assert [below[0], below[1] - below[0], len(blue) - below[1]] == [each.count for each in prices.values]
        assert all(facet.is_exact for facet in answer.facets)

    def test_what_is_wrong_with_a_filter_is_told(self, client):
        """By its position."""
        with pytest.raises(TriptychClientError) as caught:
            client.search(text="watch", catalog=VARIANTS, filter="price <")

        assert ("FILTER_INVALID", "filter") == (caught.value.reason, caught.value.field)


class TestOrder:
    def test_a_field_orders(self, find):
        """Among what passes the filter."""
        answer = find(filter='category = "mug"', order_by="price desc", page_size=100)

        prices = [result.product.price.units for result in answer.results]
        assert prices
        assert sorted(prices, reverse=True) == prices

    def test_a_category_is_browsed(self, client, find, stock):
        """Without parts: all of it, page after page, by price, as plain Python says."""
        pages = list(
            client.pages(
                catalog=VARIANTS, filter='category = "mug"', order_by="price", page_size=7, facets=["brand"]
            )
        )

        mugs = sorted(
            (each for each in stock.values() if each.category == "mug"),
            key=lambda each: (each.price.units, each.id),
        )
        assert len(mugs) > 7
        assert [each.id for each in mugs] == [each for page in pages for each in ids(page)]
        assert {(len(mugs), True)} == {(page.total_size, page.total_size_is_exact) for page in pages}
        assert Counter(each.brand for each in mugs) == {
            value.text: value.count for value in pages[0].facets[0].values
        }
        assert pb.QueryInterpretation.PATH_BROWSE == pages[0].interpretation.path

    def test_groups_are_shown_once(self, find, stock):
        """With how many others there are."""
        answer = find(group_by="group_id", page_size=100)

        sizes = Counter(each.group_id for each in stock.values() if each.group_id)
        shown = [each.group for each in answer.results if each.HasField("group")]
        assert len(shown) == len({group.group_id for group in shown})
        assert {group.group_id: sizes[group.group_id] - 1 for group in shown} == {
            group.group_id: group.others for group in shown
        }
        assert len(sizes) + sum(not each.group_id for each in stock.values()) == answer.total_size

    def test_boosts_add_up(self, find):
        """What is told is what was added."""
        boosts = [
            pb.Boost(name="popular", weight=0.3, popularity={"half": 20}),
            pb.Boost(name="stock", weight=-0.5, condition="in_stock = false"),
        ]
        plain, lifted = find(page_size=100), find(page_size=100, boosts=boosts)

        scores = [each.score for each in lifted.results]
        assert sorted(scores, reverse=True) == scores
        before = {each.product.id: each.score for each in plain.results}
        both = [each for each in lifted.results if each.product.id in before]
        assert both
        for each in both:
            popularity = each.product.popularity
            expected = {
                "popular": 0.3 * popularity / (popularity + 20),
                "stock": 0.0 if each.product.in_stock else -0.5,
            }
            assert pytest.approx(expected) == dict(each.scores.boosts)
            assert pytest.approx(before[each.product.id] + sum(expected.values()), abs=1e-5) == each.score


class TestExclusions:
    def test_words(self, find):
        """Products that have all of them are gone."""
        answer = find("pan", parts=[pb.QueryPart(text="blue pan", exclude=True)], page_size=100)

        titles = [set(result.product.title.lower().split()) for result in answer.results]
        assert titles
        assert not any({"blue", "pan"} <= words for words in titles)

    def test_a_product_with_its_variants(self, find, stock):
        """All of the group."""
        first = next(each.product for each in find().results if each.product.group_id)
        answer = find(parts=[pb.QueryPart(product_id=first.id, exclude=True)], page_size=100)

        assert first.group_id not in {result.product.group_id for result in answer.results}

    def test_likeness(self, client, find, shop):
        """The less alike it has to be, the more is gone."""
        photo = shop.folder / "images" / f"{min(shop.items)}-0.jpg"
        left = [
            len(
                find(
                    parts=[part(image=photo, exclude=True, exclude_similarity=similarity)], page_size=100
                ).results
            )
            for similarity in (1.0, 0.3, -1.0)
        ]

        assert (100, 0) == (left[0], left[2])
        assert left[0] >= left[1] >= left[2]


class TestWords:
    @pytest.mark.parametrize("typed", ["TR-00042/X", "tr-00042/x", "v0042", " V0042 "])
    def test_article_numbers_come_first(self, find, typed):
        """Ids too, in capitals or not."""
        answer = find(typed)

        assert ("v0042", True) == (answer.results[0].product.id, answer.results[0].exact_match)
        assert not answer.HasField("spelling")

    def test_what_is_typed_is_completed(self, client, find, stock):
        """Each suggestion is of as many products as it says, as plain Python counts them."""
        found = client.suggest("blue c", catalog=VARIANTS)

        assert found
        for each in found:
            blue, word = each.text.split()
            shown = [
                {
                    *f"{item.title} {item.brand} {item.category}".lower().split(),
                    *(value.string_value for value in item.attributes.values()),
                }
                for item in stock.values()
            ]
            assert blue == "blue"
            assert word.startswith("c")
            assert each.product_count == sum({blue, word} <= words for words in shown), each.text

    def test_other_words_are_suggested(self, find):
        """And searched with, where nothing has the words."""
        some, none = find("red bottel"), find("bottel")

        assert ("red bottle", False) == (some.spelling.text, some.spelling.applied)
        assert ("bottle", True) == (none.spelling.text, none.spelling.applied)
        assert "bottle" in none.results[0].product.title.lower()

    def test_a_brand_is_found_by_its_name(self, find, stock):
        """Where the vectors alone know nothing of names."""
        answer = find("Solvang", lexical_weight=1, page_size=10)

        assert {"Solvang"} == {result.product.brand for result in answer.results[:5]}
        assert all(result.scores.lexical > 0 for result in answer.results[:5])


class TestPages:
    @pytest.mark.parametrize(
        "more", [{}, {"group_by": "group_id"}, {"order_by": "price"}, {"order_by": "price", "text": None}]
    )
    def test_a_chain_shows_everything_once(self, client, find, stock, more):
        """With groups, each group; also where nothing is looked for."""
        asked = {"text": "blue watch", **more}
        pages = list(client.pages(catalog=VARIANTS, page_size=37, timeout_s=30, **asked))

        shown = [result.product for page in pages for result in page.results]
        names = [each.group_id or each.id if more.get("group_by") else each.id for each in shown]
        expected = {each.group_id or each.id if more.get("group_by") else each.id for each in stock.values()}
        assert len(names) == len(set(names))
        assert expected == set(names)

    @pytest.mark.parametrize(
        "more",
        [
            {"filter": "price < 200"},
            {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
            {"boosts": [pb.Boost(name="popular", weight=0.3, popularity={"half": 20})]},
        ],
    )
    def test_writes_in_between_leave_no_hole(self, client, find, stock, more):
        """Products come, go and change while somebody pages; what was there all along is shown once."""
        shown: list[str] = []
        gone = [product_id for product_id in stock if product_id.endswith("7")]
        pages = client.pages(text="blue watch", catalog=VARIANTS, page_size=25, timeout_s=30, **more)
        try:
            for number, page in enumerate(pages):
                shown += ids(page)
                if gone[number : number + 1]:
                    client.delete([gone[number]], catalog=VARIANTS)
                    client.upsert(
                        [types_pb2.Product(id=f"new{number}", title="blue watch")], catalog=VARIANTS
                    )
        finally:
            client.delete([f"new{number}" for number in range(20)], catalog=VARIANTS)
            for at in range(0, len(gone), 100):
                client.upsert([stock[each] for each in gone[at : at + 100]], catalog=VARIANTS)

        kept = {each.id for each in stock.values() if each.id not in gone}
        if "filter" in more:
            kept = {product_id for product_id in kept if stock[product_id].price.units < 200}
        assert len(shown) == len(set(shown))
        assert set() == kept - set(shown)

    def test_a_token_that_was_changed_is_refused(self, client, find):
        """So is one of another request."""
        token = find(page_size=5).next_page_token
        for text, changed in (
            ("blue cotton watch", token[:-1] + ("A" if token[-1] != "A" else "B")),
            ("hat", token),
        ):
            with pytest.raises(TriptychClientError) as caught:
                client.search(text=text, catalog=VARIANTS, page_size=5, page_token=changed)
            assert ("PAGE_TOKEN_INVALID", "page_token") == (caught.value.reason, caught.value.field)
            assert grpc.StatusCode.INVALID_ARGUMENT == caught.value.code
