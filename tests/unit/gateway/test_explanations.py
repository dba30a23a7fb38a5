"""Explanations of answers, as messages; the other rooms are fakes, and no server is needed."""

import asyncio
from math import fsum

import pytest

from gateway.service.catalog import CatalogService
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Unavailable

CONTRIBUTIONS = pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS
FULL = pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL
VECTOR, LEXICAL, BOOST, RANKING = (
    pb.Contribution.STAGE_VECTOR,
    pb.Contribution.STAGE_LEXICAL,
    pb.Contribution.STAGE_BOOST,
    pb.Contribution.STAGE_RANKING,
)
TEXT, IMAGE, PRODUCT = types_pb2.MODALITY_TEXT, types_pb2.MODALITY_IMAGE, types_pb2.MODALITY_PRODUCT
POPULAR = pb.Boost(name="popular", weight=0.5, popularity=pb.Boost.Popularity(half=10))


def text(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(text=words, **more)


def image(words: str, **more) -> pb.QueryPart:
    return pb.QueryPart(image=types_pb2.Media(data=words.encode()), **more)


@pytest.fixture
async def shop(rooms):
    """Thirty mugs, hats and shoes in five colours; returns a function that searches them."""
    search, catalog = (
        rooms.served,
        CatalogService(rooms.catalog, rooms.writes, rooms.keeping, rooms.ingestion),
    )
    products = [
        types_pb2.Product(
            id=f"{colour}-{noun}-{number}",
            title=f"{colour} {noun} {number}",
            group_id=f"{colour}-{noun}",
            popularity=number * 10,
        )
        for colour in ("red", "blue", "green", "black", "white")
        for noun in ("mug", "hat", "shoe")
        for number in (1, 2)
    ]
    for product in products:
        product.images.add(data=f"{product.title} photo".encode())
    response = await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products), None)
    assert not any(result.HasField("error") for result in response.results)

    async def find(*parts, **more) -> pb.SearchProductsResponse:
        return await search.SearchProducts(pb.SearchProductsRequest(parts=parts, **more), None)

    return find


def summed(result, *stages):
    return fsum(each.value for each in result.explanation.contributions if each.stage in stages)


QUERIES = {
    "text": ([text("red mug")], {}),
    "mix": ([text("red"), image("mug photo")], {}),
    "weights": ([text("red", weight=3), image("mug photo"), text("shoe", weight=-0.5)], {}),
    "product": ([text("red"), pb.QueryPart(product_id="blue-hat-1")], {}),
    "hybrid": ([text("red mug"), text("hat 2", weight=0.4)], {"lexical_weight": 0.6}),
    "words alone": ([text("red mug")], {"lexical_weight": 1}),
    "distance": ([text("red"), image("mug photo")], {"similarity": types_pb2.SIMILARITY_METRIC_EUCLIDEAN}),
    "boosts": ([text("red mug")], {"boosts": [POPULAR]}),
    "ranking": ([text("red mug")], {"ranking": types_pb2.RANKING_STRATEGY_SIMILARITY, "boosts": [POPULAR]}),
    "groups": ([text("red"), image("mug photo")], {"group_by": "group_id"}),
    "order": ([text("red")], {"order_by": "popularity desc"}),
    "photo": ([image("red mug photo"), image("red", weight=0.1)], {}),
    "exact": ([text("red-mug-1")], {}),
    "excluded": ([text("mug", exclude=True), text("red"), image("hat photo")], {}),
}


@pytest.mark.parametrize("name", QUERIES)
async def test_contributions_add_up(shop, name):
    """Of every product of every page, whatever is asked: all stages to the score, each to what it said."""
    parts, asked = QUERIES[name]
    token = ""
    for _ in range(3):
        answer = await shop(*parts, page_size=4, explain=CONTRIBUTIONS, page_token=token, **asked)
        assert 4 == len(answer.results)
        assert "explain" in [stage.stage for stage in answer.stages]
        for result in answer.results:
            scores = result.scores
            assert result.score == pytest.approx(
                fsum(each.value for each in result.explanation.contributions), abs=1e-5
            )
            assert scores.hybrid == pytest.approx(summed(result, VECTOR, LEXICAL), abs=1e-5)
            assert dict(scores.boosts) == {
                each.boost: each.value for each in result.explanation.contributions if each.stage == BOOST
            }
            places = {each.part for each in result.explanation.contributions if each.HasField("part")}
            assert places == {i for i, part in enumerate(parts) if not part.exclude}
        token = answer.next_page_token


async def test_who_adds_what(shop):
    """The photo of a mug speaks for mugs, the word red for what is red; modalities are their sums."""
    answer = await shop(text("red"), image("mug"), explain=CONTRIBUTIONS, page_size=30)
    explained = {result.product.id: result.explanation for result in answer.results}

    def share(product, part):
        return next(each.value for each in explained[product].contributions if each.part == part)

    assert share("red-hat-1", 0) > share("red-hat-1", 1)
    assert share("blue-mug-1", 1) > share("blue-mug-1", 0)
    modalities = {each.modality: each.value for each in explained["red-hat-1"].modalities}
    assert {TEXT: share("red-hat-1", 0), IMAGE: share("red-hat-1", 1)} == pytest.approx(modalities)


async def test_what_is_not_asked_for_costs_nothing(shop, rooms):
    """Without explanations nothing more is asked of any room, and nothing more is told."""
    before = [len(room.calls) for room in (rooms.encoder, rooms.fuser, rooms.ranker)]
    answer = await shop(text("red"), image("mug photo"))
    calls = [len(room.calls) for room in (rooms.encoder, rooms.fuser, rooms.ranker)]

    # Each modality is encoded by a call of its own.
    assert [2, 1, 1] == [after - then for after, then in zip(calls, before, strict=True)]
    assert 1 == len(rooms.index.searches)
    assert not any(result.HasField("explanation") for result in answer.results)
    assert "explain" not in [stage.stage for stage in answer.stages]


async def test_contributions_alone(shop):
    """Contributions leave out what takes further searches and encodings."""
    (result, *_) = (await shop(text("red mug"), image("mug photo"), explain=CONTRIBUTIONS)).results

    assert ([], [], []) == (
        list(result.explanation.counterfactuals),
        list(result.explanation.words),
        list(result.explanation.regions),
    )


@pytest.mark.parametrize(
    "name", ["mix", "weights", "product", "hybrid", "boosts", "ranking", "groups", "photo"]
)
async def test_places_are_those_of_a_search_without_the_part(shop, name):
    """The place that is told is the place at which a search without the part shows the product."""
    parts, asked = QUERIES[name]
    answer = await shop(*parts, page_size=5, explain=FULL, **asked)
    expected = {}
    for left_out in range(len(parts)):
        left = [part for place, part in enumerate(parts) if place != left_out]
        shown = (
            (await shop(*left, page_size=100, **asked)).results if any(p.weight >= 0 for p in left) else []
        )
        expected[left_out] = {
            result.group.group_id or result.product.id: rank for rank, result in enumerate(shown, start=1)
        }

    for result in answer.results:
        name = result.group.group_id or result.product.id
        places = {
            each.part: each.rank if each.HasField("rank") else None
            for each in result.explanation.counterfactuals
        }
        assert {part: ranks.get(name) for part, ranks in expected.items()} == places


async def test_without_the_only_part(shop):
    """Nothing would be looked for: there is no such place."""
    (result, *_) = (await shop(text("red mug"), explain=FULL)).results

    assert [(0, False)] == [(each.part, each.HasField("rank")) for each in result.explanation.counterfactuals]


async def test_words(shop):
    """Each word is told as it stands; what counts is by how much the likeness falls without it."""
    (result, *_) = (await shop(text("red mug tomorrow"), lexical_weight=0, explain=FULL)).results
    words = {each.word: each.importance for each in result.explanation.words}
    without = (await shop(text("red tomorrow"), lexical_weight=0, page_size=100)).results
    similarity = {each.product.id: each.similarity for each in without}[result.product.id]

    assert ["red", "mug", "tomorrow"] == list(words)
    assert result.similarity - similarity == pytest.approx(words["mug"], abs=1e-6)
    assert words["mug"] > 0 > words["tomorrow"]


async def test_the_only_word(shop):
    """Without it nothing is looked for: it has all of the likeness."""
    (result, *_) = (await shop(text("mug"), lexical_weight=0, explain=FULL)).results

    assert [result.similarity] == pytest.approx(
        [each.importance for each in result.explanation.words], abs=1e-6
    )


async def test_regions(shop):
    """The cells of the picture are told with the most important first; empty ones matter nothing."""
    answer = await shop(text("red"), image("lamp mug photo"), explain=FULL)
    result = next(each for each in answer.results if each.product.id == "blue-mug-1")
    first, *others, last = result.explanation.regions

    assert (9, {1}) == (len(others) + 2, {each.part for each in result.explanation.regions})
    # "mug" lies in the middle of the upper row, "lamp" on its left.
    assert (1 / 3, 0, 2 / 3, 1 / 3) == pytest.approx(
        (first.region.left, first.region.top, first.region.right, first.region.bottom)
    )
    assert (0, 0) == (last.region.left, last.region.top)
    assert first.importance > 0 > last.importance
    assert 6 == sum(abs(each.importance) < 1e-9 for each in others)


async def test_regions_of_a_region(shop, rooms):
    """Of a region its own cells are covered, and told where they lie in the whole picture."""
    half = types_pb2.BoundingBox(left=0.5, right=1, bottom=1)
    (result, *_) = (await shop(image("mug photo", region=half), explain=FULL)).results

    assert {0.5} == {each.focus.region.left for each in rooms.encoder.calls[-1]}
    assert 9 == len(result.explanation.regions)
    assert all(0.5 <= each.region.left < each.region.right <= 1 for each in result.explanation.regions)


async def test_one_encoding_for_all(shop, rooms):
    """Every word and every cell of every part is encoded in one call."""
    before = len(rooms.encoder.calls)
    await shop(text("red mug"), text("nice", weight=0.5), image("mug photo"), explain=FULL)

    _, _, changes = rooms.encoder.calls[before:]
    # The only word of a part leaves nothing to encode.
    assert 2 + 0 + 9 == len(changes)


async def test_corrected_words_on_later_pages(shop, rooms):
    """Where other words were searched with, it is those that are explained, on every page."""
    rooms.index.corrections = {"rad": "red"}
    asked = {"spelling": pb.SearchProductsRequest.SPELLING_AUTO, "explain": FULL, "page_size": 4}
    first = await shop(text("rad mug"), **asked)
    second = await shop(text("rad mug"), page_token=first.next_page_token, **asked)

    for result in (*first.results, *second.results):
        assert ["red", "mug"] == [each.word for each in result.explanation.words]
        assert result.score == pytest.approx(summed(result, VECTOR, LEXICAL, BOOST, RANKING), abs=1e-5)


async def test_nothing_goes_on_for_an_explanation_that_failed(shop, rooms, monkeypatch):
    """Searches without a part look at a thousand products each: they end when nobody will be told."""
    searching, ended = asyncio.Event(), []
    fuse, search = rooms.fuser.fuse, rooms.index.search

    async def broken_fuse(strategy, groups):
        if len(groups) == 1:
            return await fuse(strategy, groups)
        await searching.wait()
        raise Unavailable.because_of("fusion")

    async def endless_search(asked):
        if asked.limit < 1000:
            return await search(asked)
        searching.set()
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            ended.append(asked)
            raise

    monkeypatch.setattr(rooms.fuser, "fuse", broken_fuse)
    monkeypatch.setattr(rooms.index, "search", endless_search)

    with pytest.raises(Unavailable):
        await shop(
            text("red"),
            image("mug photo"),
            explain=FULL,
            degrade_policy=pb.SearchProductsRequest.DEGRADE_POLICY_FORBID,
        )

    assert 2 == len(ended)
