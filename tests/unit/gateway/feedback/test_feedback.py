"""From a search to events to training data; the other rooms are fakes."""

import math

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.adapters.events import SqliteEvents
from gateway.core.feedback.recording import Feedback
from gateway.service.catalog import CatalogService
from gateway.service.feedback import FeedbackService
from training.data.letor import read_letor
from triptych.cli import event_files
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason

VIEWED, CLICKED, CARTED, BOUGHT, DISLIKED = range(1, 6)


@pytest.fixture
def search(rooms):
    """The search service."""
    return rooms.served


@pytest.fixture
async def shop(rooms, search):
    """Ten mugs; returns a function that searches them."""
    products = [
        types_pb2.Product(id=f"mug-{at}", title=f"mug number{at}", popularity=at * 10) for at in range(10)
    ]
    await CatalogService(rooms.catalog, rooms.writes, rooms.keeping, rooms.ingestion).UpsertProducts(
        catalog_pb.UpsertProductsRequest(products=products), None
    )

    async def find(words: str, **more) -> pb.SearchProductsResponse:
        request = pb.SearchProductsRequest(parts=[pb.QueryPart(text=words)], **more)
        return await search.SearchProducts(request, None)

    return find


@pytest.fixture
async def feedback(rooms, tmp_path):
    """The feedback service over a file of its own."""
    store = SqliteEvents(tmp_path / "events.db", 2**30)
    yield FeedbackService(Feedback(rooms.attributions, store, now=lambda: rooms.now_s))
    await store.close()


def event(event_id: str, answer, product_id: str, kind: int = CLICKED, **more) -> feedback_pb.ShownEvent:
    return feedback_pb.ShownEvent(
        event_id=event_id,
        attribution_token=answer.attribution_token,
        product_id=product_id,
        type=kind,
        **more,
    )


async def record(feedback, *events):
    response = await feedback.RecordEvents(feedback_pb.RecordEventsRequest(events=events), None)
    return [from_status(each) if each.code else None for each in response.outcomes]


async def listed(feedback, **more) -> list[feedback_pb.ShownAnswer]:
    answers, token = [], ""
    while True:
        request = feedback_pb.ListEventsRequest(page_token=token, **more)
        page = await feedback.ListEvents(request, None)
        answers += page.answers
        token = page.next_page_token
        if not token:
            return answers


async def test_what_was_shown_comes_back_with_what_was_done(shop, feedback, rooms):
    """Products in their order, and what was known of them at that time."""
    answer = await shop("mug number3", page_size=3)
    time = Timestamp(seconds=1_700_000_000)
    assert [None, None] == await record(
        feedback, event("e1", answer, "mug-3", BOUGHT, time=time), event("e2", answer, "mug-3", VIEWED)
    )
    (shown,) = await listed(feedback)

    assert ("text", rooms.now_s) == (shown.query_kind, shown.time.seconds)
    assert [each.product.id for each in answer.results] == [each.product_id for each in shown.products]
    assert [[BOUGHT, VIEWED], [], []] == [list(each.events) for each in shown.products]
    known = dict(zip(shown.features, shown.products[0].features, strict=True))
    assert pytest.approx(answer.results[0].similarity) == known["cosine"] == known["similarity_fused"]
    assert pytest.approx(answer.results[0].scores.lexical) == known["lexical"]
    assert (0, pytest.approx(math.log1p(30))) == (known["gap"], known["log_popularity"])


async def test_each_page_has_a_token_of_its_own(shop, feedback):
    """An event of the second page belongs to the second page."""
    first = await shop("mug", page_size=4)
    second = await shop("mug", page_size=4, page_token=first.next_page_token)
    shown = second.results[0].product.id
    outcomes = await record(feedback, event("e1", first, shown), event("e2", second, shown))

    assert Reason.PRODUCT_NOT_SHOWN == outcomes[0].reason
    assert outcomes[1] is None
    (answer,) = await listed(feedback)
    assert "gap" not in answer.features


async def test_a_search_in_a_space_of_its_own_calibrates_nothing(shop, feedback):
    """Its cosines are others."""
    answer = await shop("mug", search_space=types_pb2.SEARCH_SPACE_TEXT)
    await record(feedback, event("e1", answer, "mug-1"))
    (shown,) = await listed(feedback)

    assert {"cosine", "gap"}.isdisjoint(shown.features)
    assert "similarity_text" in shown.features


async def test_recommendations_have_tokens_too(shop, search, feedback):
    """Their kind says so."""
    found = await search.RecommendProducts(pb.RecommendProductsRequest(page_size=2), None)
    await record(feedback, event("e1", found, "mug-9", CARTED))
    (answer,) = await listed(feedback)

    assert ("recommendation", ["mug-9", "mug-8"]) == (
        answer.query_kind,
        [each.product_id for each in answer.products],
    )


async def test_one_bad_event_does_not_stop_the_others(shop, feedback):
    """Each has its own outcome, with the field to blame."""
    answer = await shop("mug", page_size=3)
    good = answer.results[0].product.id
    outcomes = await record(
        feedback,
        event("e1", answer, good),
        event("", answer, good),
        event("e2", answer, "elsewhere"),
        event("e3", answer, good, 0),
        feedback_pb.ShownEvent(event_id="e4", attribution_token="x.y", product_id=good, type=CLICKED),
        event("e1", answer, good, BOUGHT),
        event("x" * 65, answer, good),
    )

    assert [
        None,
        (Reason.FIELD_INVALID, "events[1].event_id"),
        (Reason.PRODUCT_NOT_SHOWN, "events[2].product_id"),
        (Reason.FIELD_INVALID, "events[3].type"),
        (Reason.ATTRIBUTION_TOKEN_INVALID, "events[4].attribution_token"),
        None,
        (Reason.FIELD_INVALID, "events[6].event_id"),
    ] == [error and (error.reason, error.field) for error in outcomes]
    assert [1] == [sum(len(p.events) for p in each.products) for each in await listed(feedback)]


async def test_pages_of_events(shop, feedback):
    """They follow one another to the last."""
    for at in range(5):
        await record(feedback, event(f"e{at}", await shop("mug"), "mug-1"))

    assert 5 == len({each.search_id for each in await listed(feedback, page_size=2)})
    assert [] == await listed(feedback, catalog="other")


@pytest.mark.parametrize("token", ["x", "-1", "1.5", "９", str(2**63)])
async def test_a_page_token_that_is_none(feedback, token):
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        await feedback.ListEvents(feedback_pb.ListEventsRequest(page_token=token), None)

    assert (Reason.PAGE_TOKEN_INVALID, "page_token") == (caught.value.reason, caught.value.field)


async def test_events_become_rows_that_networks_learn_from(shop, feedback, search, tmp_path):
    """Features by name, grades by what was done; recommendations are left out."""
    for at in range(4):
        answer = await shop(f"mug number{at}", page_size=5)
        shown = [each.product.id for each in answer.results]
        await record(
            feedback,
            event(f"a{at}", answer, shown[0], CLICKED),
            event(f"b{at}", answer, shown[0], CARTED),
            event(f"c{at}", answer, shown[1], BOUGHT),
            event(f"d{at}", answer, shown[1], DISLIKED),
            event(f"e{at}", answer, shown[2], VIEWED),
        )
    found = await search.RecommendProducts(pb.RecommendProductsRequest(), None)
    await record(feedback, event("r", found, "mug-1"))
    answers = await listed(feedback)
    names = event_files.features_of(answers)
    path = tmp_path / "events.letor"
    assert 4 == event_files.write_letor(answers, names, path)
    read = read_letor(path, missing=math.nan)

    assert ["lexical", "log_popularity", "similarity_fused"] == names
    assert [3, 0, 1, 0, 0] * 4 == read.labels.tolist()
    assert [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5 == read.queries.tolist()
    for answer, rows in zip(answers, read.groups(), strict=False):
        expected = [
            [dict(zip(answer.features, each.features, strict=True))[name] for name in names]
            for each in answer.products
        ]
        assert expected == [pytest.approx(row) for row in read.features[rows].tolist()]
