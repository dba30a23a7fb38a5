"""Explanations from the gateway to the search room's own scores: by vectors, by words, by ranks, by what was lifted."""

import random
from math import fsum

import pytest

from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2

NOUNS, COLOURS = ("mug", "hat", "shoe", "bag"), ("red", "blue", "green", "black")
SIZES = ("small", "large", "wide")
PRODUCTS = 150
PAGE_SIZE = 12
CONTRIBUTIONS = pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS
FULL = pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL
VECTOR, LEXICAL = pb.Contribution.STAGE_VECTOR, pb.Contribution.STAGE_LEXICAL


def text(words, **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(words, **more) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=words.encode()), **more)


def made(number: int, rng: random.Random) -> types_pb2.Product:
    """Some have a picture, and it need not show what the title says."""
    words = [rng.choice(COLOURS), rng.choice(SIZES), rng.choice(NOUNS)]
    product = types_pb2.Product(
        id=f"e{number:03}", title=" ".join(words), popularity=rng.randrange(100), group_id=" ".join(words[1:])
    )
    for _ in range(rng.randrange(3)):
        product.images.add(data=f"{rng.choice(COLOURS)} {words[2]} photo".encode())
    return product


@pytest.fixture(scope="module")
async def find(stubs):
    """Search a catalogue of its own."""
    search, catalog = stubs.search, stubs.catalog
    rng = random.Random(3)
    products = [made(number, rng) for number in range(PRODUCTS)]
    for at in range(0, PRODUCTS, 100):
        request = catalog_pb.UpsertProductsRequest(catalog="explained", products=products[at : at + 100])
        response = await catalog.UpsertProducts(request)
        assert not any(result.HasField("error") for result in response.results), response

    async def ask(*parts, **more) -> pb.SearchProductsResponse:
        choices = {"catalog": "explained", "page_size": PAGE_SIZE, **more}
        return await search.SearchProducts(pb.SearchProductsRequest(parts=parts, **choices))

    return ask


async def chain(find, *parts, **more):
    """All that the pages of a search show."""
    answer = await find(*parts, **more)
    results = list(answer.results)
    while answer.next_page_token:
        answer = await find(*parts, page_token=answer.next_page_token, **more)
        results += answer.results
    return results


WORDS = [text("red mug"), text("large hat", weight=0.5)]
MIX = [text("red large"), image("mug photo"), text("shoe", weight=-0.4)]
RANKS = {"lexical_weight": 0.4, "hybrid_fusion": types_pb2.HYBRID_FUSION_RANKS}
BOOSTS = {"boosts": [pb.Boost(name="popular", weight=0.6, popularity={"half": 20})]}
EUCLIDEAN = {"similarity": types_pb2.SIMILARITY_METRIC_EUCLIDEAN}
QUERIES = {
    "words": (WORDS, {}),
    "words alone": (WORDS, {"lexical_weight": 1}),
    "vectors alone": (WORDS, {"lexical_weight": 0}),
    "ranks": (WORDS, RANKS),
    "ranks of a mix": (MIX, RANKS),
    "mix": (MIX, {}),
    "hybrid mix": (MIX, {"lexical_weight": 0.5}),
    "distance": (MIX, EUCLIDEAN),
    "hybrid distance in pictures": (
        MIX,
        {**EUCLIDEAN, "lexical_weight": 0.5, "search_space": types_pb2.SEARCH_SPACE_IMAGE},
    ),
    "pictures": ([image("red mug"), image("photo", weight=0.2)], {}),
    "hybrid in pictures": (WORDS, {"lexical_weight": 0.5, "search_space": types_pb2.SEARCH_SPACE_IMAGE}),
    "product": (
        [text("red"), pb.QueryPart(product_id="e007"), pb.QueryPart(product_id="e008", weight=-0.2)],
        {},
    ),
    "boosts": (MIX, BOOSTS),
    "boosts of ranks": (WORDS, {**RANKS, **BOOSTS}),
    "diverse": (MIX, {"ranking": types_pb2.RANKING_STRATEGY_DIVERSE, **BOOSTS}),
    "Mahalanobis": (MIX, {"rescoring": types_pb2.SIMILARITY_METRIC_MAHALANOBIS}),
    "groups": (MIX, {"group_by": "group_id"}),
    "order": (WORDS, {"order_by": "popularity desc"}),
    "filter": (MIX, {"filter": "popularity > 40"}),
    "exact": ([text("e011"), image("mug photo")], {}),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_contributions_add_up(find, name):
    """On every page, to what the search room and the ranker said; and each part has its own."""
    parts, asked = QUERIES[name]
    results = await chain(find, *parts, explain=CONTRIBUTIONS, **asked)

    assert len(results) > 2 * PAGE_SIZE or "group_by" in asked or "search_space" in asked
    for result in results:
        items = result.explanation.contributions
        hybrid = [each.value for each in items if each.stage in {VECTOR, LEXICAL}]
        assert result.score == pytest.approx(fsum(each.value for each in items), abs=1e-5)
        assert result.scores.hybrid == pytest.approx(fsum(hybrid), abs=1e-5)
        assert dict(result.scores.boosts) == {each.boost: each.value for each in items if each.boost}
        if result.HasField("similarity"):
            assert set(range(len(parts))) == {
                each.part for each in items if each.stage == VECTOR and each.HasField("part")
            }


async def test_words_are_owed_to_the_text_that_has_them(find):
    """A product that has words of one text alone owes its lexical score to that text."""
    results = await chain(find, *WORDS, lexical_weight=0.5, explain=CONTRIBUTIONS)
    seen = 0
    for result in results:
        words = result.product.title.split()
        lexical = {
            each.part: each.value for each in result.explanation.contributions if each.stage == LEXICAL
        }
        assert {0, 1} == set(lexical)
        if {"red", "mug"} & set(words) and not {"large", "hat"} & set(words):
            seen += 1
            assert lexical[0] > 0 == lexical[1]
    assert seen


@pytest.mark.parametrize(
    "name",
    ["words", "mix", "ranks", "hybrid mix", "distance", "product", "boosts", "diverse", "groups", "filter"],
)
async def test_places_are_those_of_a_search_without_the_part(find, name):
    """The place that is told is the one at which the pages of a search without the part show the product."""
    parts, asked = QUERIES[name]
    results = (await find(*parts, explain=FULL, **asked)).results
    for left_out in range(len(parts)):
        left = [part for place, part in enumerate(parts) if place != left_out]
        shown = await chain(find, *left, **asked)
        ranks = {each.group.group_id or each.product.id: rank for rank, each in enumerate(shown, start=1)}
        told = {
            each.group.group_id or each.product.id: place.rank
            for each in results
            for place in each.explanation.counterfactuals
            if place.part == left_out and place.HasField("rank")
        }
        wanted = [each.group.group_id or each.product.id for each in results]
        assert {each: ranks[each] for each in wanted if each in ranks} == told


async def test_views(find):
    """Where pictures are searched, it is the picture that was found whose likeness is explained."""
    results = (await find(image("red"), image("mug photo", weight=0.5), explain=CONTRIBUTIONS)).results

    assert any(result.best_view.index for result in results)
    for result in results:
        ranking = fsum(
            each.value
            for each in result.explanation.contributions
            if each.stage == pb.Contribution.STAGE_RANKING
        )
        assert 0 == pytest.approx(ranking, abs=1e-6)
