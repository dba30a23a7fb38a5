"""The query language from the gateway to the search room's own filters, words and fields."""

import asyncio
import random
from collections import Counter

import grpc
import pytest
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

NOUNS, COLOURS = ("mug", "hat", "shoe", "bag", "bottle"), ("red", "blue", "green", "black")
PRODUCTS = 240


def made(number: int, rng: random.Random) -> types_pb2.Product:
    """A product; four of five are variants of one of another colour."""
    noun, colour = rng.choice(NOUNS), rng.choice(COLOURS)
    material = rng.choice(("cotton", "leather"))
    product = types_pb2.Product(
        id=f"p{number:04}",
        title=f"{colour} {material} {noun}",
        brand=rng.choice("ABCD"),
        category=noun,
        popularity=rng.randrange(100),
        in_stock=rng.random() < 0.8,
        group_id=f"{noun}-{material}-{number % 7}" if number % 5 else "",
    )
    product.price.units = rng.randrange(5, 200)
    product.update_time.seconds = 1_700_000_000 + number
    for name, value in (("colour", colour), ("sku", f"TR-{number:04}/X")):
        product.attributes[name].string_value = value
    return product


@pytest.fixture(scope="module")
def stock():
    """The products, by id."""
    rng = random.Random(5)
    return {product.id: product for product in (made(number, rng) for number in range(PRODUCTS))}


async def store(stubs, products, catalog):
    for at in range(0, len(products), 100):
        request = catalog_pb.UpsertProductsRequest(catalog=catalog, products=products[at : at + 100])
        response = await stubs.catalog.UpsertProducts(request)
        assert not any(result.HasField("error") for result in response.results), response


@pytest.fixture(scope="module")
async def find(stubs, stock):
    """Search the catalogue."""
    await store(stubs, list(stock.values()), "shop")

    async def ask(words="red mug", *parts, **more) -> pb.SearchProductsResponse:
        choices = {"catalog": "shop", "page_size": 100, **more}
        return await stubs.search.SearchProducts(
            pb.SearchProductsRequest(parts=[pb.QueryPart(text=words), *parts], **choices)
        )

    return ask


async def pages(find, *parts, words="red mug", **more):
    """Yield the pages of a chain."""
    answer = await find(words, *parts, **more)
    yield answer
    while answer.next_page_token:
        answer = await find(words, *parts, **more, page_token=answer.next_page_token)
        yield answer


def ids(answer):
    return [result.product.id for result in answer.results]


def name_of(product, more) -> str:
    return product.group_id or product.id if more.get("group_by") else product.id


class TestFound:
    async def test_filters_and_counts_are_those_of_plain_python(self, find, stock):
        """Results, total, facets, intervals, and a facet without its own filter."""
        answer = await find(
            filter='category = "bag" AND price < 150 AND attributes.colour : ("red", "blue")',
            facets=[
                pb.FacetSpec(field="brand"),
                pb.FacetSpec(field="attributes.colour", exclude_own_filter=True),
                pb.FacetSpec(field="price", bounds=[50, 100]),
            ],
        )

        bags = [each for each in stock.values() if each.category == "bag" and each.price.units < 150]
        passing = [each for each in bags if each.attributes["colour"].string_value in {"red", "blue"}]
        assert passing
        assert {each.id for each in passing} == set(ids(answer))
        assert (len(passing), True) == (answer.total_size, answer.total_size_is_exact)
        brands, colours, prices = answer.facets
        assert Counter(each.brand for each in passing) == {each.text: each.count for each in brands.values}
        assert Counter(each.attributes["colour"].string_value for each in bags) == {
            each.text: each.count for each in colours.values
        }
        below = [sum(each.price.units < bound for each in passing) for bound in (50, 100)]
        assert [below[0], below[1] - below[0], len(passing) - below[1]] == [
            each.count for each in prices.values
        ]

    async def test_groups_are_shown_by_their_best(self, find, stock):
        """And know how many others there are."""
        answer = await find(group_by="group_id")

        sizes = Counter(each.group_id for each in stock.values() if each.group_id)
        shown = {each.group.group_id: each.group.others for each in answer.results if each.HasField("group")}
        assert shown
        assert {group: sizes[group] - 1 for group in shown} == shown
        assert len(sizes) + sum(not each.group_id for each in stock.values()) == answer.total_size

    async def test_boosts_add_up_through_the_ranker_too(self, find):
        """What is told is what was added, whoever puts candidates in order."""
        boosts = [
            pb.Boost(name="popular", weight=0.4, popularity={"half": 20}),
            pb.Boost(name="stock", weight=-0.5, condition="in_stock = false"),
        ]
        for ranking in (0, types_pb2.RANKING_STRATEGY_SIMILARITY):
            answer = await find(boosts=boosts, ranking=ranking)

            scores = [each.score for each in answer.results]
            assert sorted(scores, reverse=True) == scores
            for each in answer.results:
                expected = {
                    "popular": 0.4 * each.product.popularity / (each.product.popularity + 20),
                    "stock": 0.0 if each.product.in_stock else -0.5,
                }
                assert pytest.approx(expected) == dict(each.scores.boosts)
                assert pytest.approx(each.score) == each.scores.hybrid + sum(expected.values())

    async def test_exclusions_are_hard(self, find, stock):
        """Words, a product with its variants, a picture and what is like it."""
        first = next(each.product for each in (await find()).results if each.product.group_id)
        answer = await find(
            "red mug",
            pb.QueryPart(text="blue bag", exclude=True),
            pb.QueryPart(product_id=first.id, exclude=True),
            pb.QueryPart(
                image=types_pb2.Media(data=b"green cotton hat"), exclude=True, exclude_similarity=0.99
            ),
        )

        assert answer.results
        assert not any({"blue", "bag"} <= set(each.product.title.split()) for each in answer.results)
        assert not any(each.product.group_id == first.group_id for each in answer.results)
        assert "green cotton hat" not in {each.product.title for each in answer.results}

    async def test_article_numbers_come_first(self, find):
        """As they are typed; there is nothing to suggest."""
        for typed in ("TR-0042/X", "tr-0042/x", "P0042", " p0042 "):
            answer = await find(typed)

            assert ("p0042", True) == (answer.results[0].product.id, answer.results[0].exact_match)
            assert not answer.HasField("spelling")

    async def test_other_words_are_suggested(self, find):
        """And searched with, where nothing has the words."""
        some, none = await find("red bottel"), await find("bottel")

        assert ("red bottle", False) == (some.spelling.text, some.spelling.applied)
        assert ("bottle", True) == (none.spelling.text, none.spelling.applied)
        assert "bottle" == none.results[0].product.category

    @pytest.mark.parametrize(
        ("more", "reason", "field"),
        [
            ({"filter": "price <"}, Reason.FILTER_INVALID, "filter"),
            ({"order_by": "colour"}, Reason.FIELD_INVALID, "order_by"),
            ({"facets": [pb.FacetSpec(field="colour")]}, Reason.FIELD_INVALID, "facets[0].field"),
            (
                {"facets": [pb.FacetSpec(field="price", bounds=[2, 1])]},
                Reason.FIELD_INVALID,
                "facets[0].bounds",
            ),
            (
                {"boosts": [pb.Boost(name="a", weight=1, condition="price = cheap")]},
                Reason.FILTER_INVALID,
                "boosts[0].condition",
            ),
        ],
    )
    async def test_what_the_search_room_refuses_is_named_as_the_client_wrote_it(
        self, find, more, reason, field
    ):
        """Not as the rooms call it."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await find(**more)

        error = from_status(rpc_status.from_call(caught.value))
        assert (reason, field) == (error.reason, error.field)


CHAINS = [
    {},
    {"lexical_weight": 0},
    {"filter": "price < 120"},
    {"group_by": "group_id"},
    {"group_by": "group_id", "filter": 'NOT brand = "A"'},
    {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE},
    {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE, "group_by": "group_id"},
    {"boosts": [pb.Boost(name="popular", weight=0.3, popularity={"half": 20})]},
    {"rescoring": types_pb2.SIMILARITY_METRIC_MAHALANOBIS},
    {"hybrid_fusion": types_pb2.HYBRID_FUSION_RANKS},
    {"order_by": "price desc"},
]


def passes(product, more) -> bool:
    return {
        None: True,
        "price < 120": product.price.units < 120,
        'NOT brand = "A"': product.brand != "A",
    }[more.get("filter")]


class TestPages:
    @pytest.mark.parametrize("more", CHAINS)
    async def test_a_chain_shows_everything_once(self, find, stock, more):
        """Each product that passes, or each group; also where the first pool is used up."""
        shown = [each.product async for page in pages(find, **more, page_size=23) for each in page.results]

        names = [name_of(each, more) for each in shown]
        assert len(names) == len(set(names))
        assert {name_of(each, more) for each in stock.values() if passes(each, more)} == set(names)

    @pytest.mark.parametrize("case", range(len(CHAINS)))
    async def test_whatever_is_written_in_between(self, stubs, stock, case):
        """Somebody writes all the time; what was there all along is shown, and nothing twice."""
        more, catalog = CHAINS[case], f"busy{case}"
        await store(stubs, list(stock.values()), catalog)
        touched: set[str] = set()
        wrote = asyncio.Event()
        writer = asyncio.create_task(self.write(stubs, stock, catalog, touched, wrote))
        try:

            async def find(words, **asked):
                for _ in range(3):
                    wrote.clear()
                    await wrote.wait()
                return await stubs.search.SearchProducts(
                    pb.SearchProductsRequest(
                        catalog=catalog, parts=[pb.QueryPart(text=words)], **{"page_size": 23, **asked}
                    )
                )

            shown = [each.product async for page in pages(find, **more) for each in page.results]
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

        names = [name_of(each, more) for each in shown]
        assert len(touched) > 10
        assert len(shown) == len({each.id for each in shown})
        assert len(names) == len(set(names))
        kept = [each for each in stock.values() if each.id not in touched and passes(each, more)]
        assert set() == {name_of(each, more) for each in kept} - set(names)

    async def write(self, stubs, stock, catalog, touched, wrote):
        """Remove, store and change products, one after the other."""
        rng = random.Random(1)
        for number in range(10_000):
            other = made(number, rng)
            other.id = rng.choice([*sorted(stock)[::3], f"new{number}"])
            touched.add(other.id)
            if rng.random() < 0.5:
                request = catalog_pb.DeleteProductsRequest(catalog=catalog, ids=[other.id])
                await stubs.catalog.DeleteProducts(request)
            else:
                request = catalog_pb.UpsertProductsRequest(catalog=catalog, products=[other])
                await stubs.catalog.UpsertProducts(request)
            wrote.set()
