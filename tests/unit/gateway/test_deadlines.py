"""Answering in time: one stage is slow, and what there is no time for is left out and named."""

import asyncio
import time
from dataclasses import replace

import grpc
import pytest
from fakes import FakeRanker
from pacing_rooms import Trouble, Troubled, away
from test_service import image, product, refusal, text, vector

from gateway.core.model.degradation import Step
from gateway.core.pacing.pace import Pacing
from gateway.core.ranking import Ranking
from triptych.runtime.context import remaining_s
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import FusionStrategy, Modality, RankingStrategy
from triptych.vocabulary.errors import Reason, Unavailable

# Far longer than any deadline here.
SLOW_S = 20.0
DEADLINE_S = 0.3
SLOW, LATE, UNAVAILABLE = (
    pb.Degradation.REASON_SLOW,
    pb.Degradation.REASON_LATE,
    pb.Degradation.REASON_UNAVAILABLE,
)
EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED
FORBID = pb.SearchProductsRequest.DEGRADE_POLICY_FORBID
PARTS = (text("red mug"), image("red cup"))


def of_modality(modality):
    return lambda contents, **_: contents[0].modality is modality


def left_out(answer) -> dict[str, int]:
    """Why each step was left out, by name; with the part where it is about one."""
    return {
        pb.Degradation.Step.Name(each.step).removeprefix("STEP_")
        + (f" {each.part}" if each.HasField("part") else ""): each.reason
        for each in answer.degradations
    }


async def code_of(rpc) -> grpc.StatusCode:
    """How a call ends that fails: past the deadline the client itself may be the first to say so."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return caught.value.code()


class Shop:
    """A client of a gateway whose rooms suffer."""

    def __init__(self, stub, rooms):
        self.stub, self.rooms, self.troubles = stub, rooms, {}

    def trouble(self, room: str, method: str, trouble: Trouble) -> Trouble:
        self.troubles.setdefault(room, {})[method] = trouble
        return trouble

    async def find(self, *parts, timeout_s=DEADLINE_S, **more) -> pb.SearchProductsResponse:
        return await self.stub.SearchProducts(
            pb.SearchProductsRequest(parts=parts, **more), timeout=timeout_s
        )


@pytest.fixture
async def shop(stubs, rooms):
    search, catalog = stubs
    products = [
        product("red-mug", "red mug", ["red cup", "red mug side"]),
        product("blue-mug", "blue mug", ["blue cup"]),
        product("red-hat", "red hat", ["red hat"]),
        product("green-mug", "green mug", ["green cup"]),
    ]
    await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))
    made = Shop(search, rooms)
    walk = rooms.search
    slowly = {
        name: Troubled(room, made.troubles.setdefault(name, {}))
        for name, room in {
            "encoder": walk.encoder,
            "fuser": walk.fuser,
            "index": walk.index,
            "ranker": FakeRanker(features=("similarity_image",)),
        }.items()
    }
    served = replace(
        walk,
        encoder=slowly["encoder"],
        fuser=slowly["fuser"],
        index=slowly["index"],
        ranking=Ranking(slowly["ranker"], walk.ranking.reader),
        listener=replace(walk.listener, interpreter=slowly["encoder"]),
        pacing=Pacing(remaining_s=remaining_s),
    )
    rooms.served._search = served
    return made


async def test_with_time_for_all_nothing_is_left_out(shop):
    """A deadline alone changes nothing."""
    answer = await shop.find(*PARTS, explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL, timeout_s=10)

    assert {} == left_out(answer)
    assert RankingStrategy.LEARNED == answer.interpretation.ranking
    assert answer.results[0].HasField("explanation")


async def test_slow_explanations_are_left_out(shop):
    """The first to go: the answer is whole but for them."""
    shop.trouble("index", "search", Trouble(SLOW_S, when=lambda asked: asked.only_ids))
    level = pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS
    answer = await shop.find(*PARTS, explain=level)

    assert {"EXPLANATIONS": LATE} == left_out(answer)
    assert RankingStrategy.LEARNED == answer.interpretation.ranking
    assert not any(each.HasField("explanation") for each in answer.results)


async def test_slow_corrections_are_left_out(shop):
    """Words are searched as they are, and none are suggested."""
    shop.rooms.index.corrections = {"mugg": "mug"}
    shop.trouble("index", "corrected", Trouble(SLOW_S))
    answer = await shop.find(text("red mugg"))

    assert {"SPELLING": LATE} == left_out(answer)
    assert not answer.HasField("spelling")
    assert answer.results


@pytest.mark.parametrize("method", ["rank", "offer"])
async def test_a_slow_ranker_leaves_the_order_of_the_index(shop, method):
    """What was found stands by similarity, and says so; explanations, which stand before it, are left out too."""
    shop.trouble("ranker", method, Trouble(SLOW_S))
    level = pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS
    answer = await shop.find(*PARTS, explain=level)

    assert {"EXPLANATIONS": LATE, "RANKING": LATE} == left_out(answer)
    assert 0 == answer.interpretation.ranking
    scores = [each.scores.hybrid for each in answer.results]
    assert sorted(scores, reverse=True) == scores == [each.score for each in answer.results]


async def test_a_slow_picture_is_left_out(shop):
    """The words alone are searched, as if there were no picture; the place of the part is told."""
    shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))
    answer = await shop.find(*PARTS)

    assert LATE == left_out(answer)["PART 1"]
    assert [types_pb2.MODALITY_TEXT] == list(answer.interpretation.modalities)
    assert "red-mug" == answer.results[0].product.id


@pytest.mark.parametrize("parts", [PARTS, PARTS[:1]])
async def test_of_slow_words_the_words_still_count(shop, parts):
    """A text whose vector is late is looked for as words, beside a picture or alone."""
    shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.TEXT)))
    answer = await shop.find(*parts)

    assert LATE == left_out(answer)["PART 0"]
    assert "red-mug" == answer.results[0].product.id
    assert answer.results[0].scores.lexical > 0
    assert (0.3 if len(parts) > 1 else 1.0) == pytest.approx(answer.interpretation.lexical_weight)


async def test_what_nothing_is_found_without_is_waited_for(shop):
    """A picture alone: there is nothing to answer from."""
    shop.trouble("encoder", "encode", Trouble(SLOW_S))

    assert EXCEEDED == await code_of(shop.find(image("red cup")))


async def test_what_is_excluded_is_never_shown_for_want_of_time(shop):
    """An exclusion by likeness needs its vector: better no answer than what the customer must not see."""
    shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))

    assert EXCEEDED == await code_of(shop.find(text("mug"), image("blue cup", exclude=True)))


async def test_filters_and_exclusions_hold_whatever_is_left_out(shop):
    """Words and products that exclude take no time, and filters neither."""
    shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))
    shop.trouble("index", "search", Trouble(SLOW_S, when=lambda asked: not asked.hurried))
    for excluding, missing in (
        ({"filter": 'id != "blue-mug"'}, "blue-mug"),
        ({}, "green-mug"),
    ):
        answer = await shop.find(
            *PARTS, text("green", exclude=True), pb.QueryPart(product_id="red-hat", exclude=True), **excluding
        )
        found = {each.product.id for each in answer.results}

        assert {"PART 1", "SEARCH_EFFORT"} <= left_out(answer).keys()
        assert {missing, "red-hat", "green-mug"}.isdisjoint(found)
        assert found


async def test_a_slow_fusion_gives_way_to_the_weighted_sum(shop):
    """And the answer says by which fusion it came about."""
    slow = lambda strategy, _: strategy is not FusionStrategy.WEIGHTED_SUM  # noqa: E731
    shop.trouble("fuser", "fuse", Trouble(SLOW_S, when=slow))
    answer = await shop.find(*PARTS)

    assert LATE == left_out(answer)["FUSION"]
    assert types_pb2.FUSION_STRATEGY_WEIGHTED_SUM == answer.interpretation.fusion


async def test_a_slow_search_is_asked_again_for_less(shop):
    """As many candidates as the page shows, compared once, not counted: and each of these is told."""
    shop.trouble("index", "search", Trouble(SLOW_S, when=lambda asked: not asked.hurried))
    answer = await shop.find(
        *PARTS,
        rescoring=types_pb2.SIMILARITY_METRIC_COSINE,
        facets=[pb.FacetSpec(field="brand")],
        page_size=2,
    )

    assert {
        "RANKING": LATE, "RESCORING": LATE, "COUNTS": LATE, "SEARCH_EFFORT": LATE,
    } == left_out(answer)  # fmt: skip
    assert 2 == len(answer.results)
    assert (2, False, []) == (answer.total_size, answer.total_size_is_exact, list(answer.facets))


async def test_pages_of_a_degraded_search_have_no_gaps_and_no_repetitions(shop):
    """The chain goes on from what was shown, with all of the effort; what was left out of the first page is told again."""
    trouble = shop.trouble("index", "search", Trouble(SLOW_S, when=lambda asked: not asked.hurried))
    rescored = {"rescoring": types_pb2.SIMILARITY_METRIC_COSINE, "page_size": 1}
    first = await shop.find(*PARTS, **rescored)
    trouble.when = lambda _: False
    shown, token, pages = [first.results[0].product.id], first.next_page_token, []
    while token:
        page = await shop.find(*PARTS, page_token=token, timeout_s=10, **rescored)
        shown += [each.product.id for each in page.results]
        pages.append(left_out(page))
        token = page.next_page_token

    assert ["blue-mug", "green-mug", "red-hat", "red-mug"] == sorted(shown)
    assert "red-mug" == shown[0]
    assert [left_out(first)] * len(pages) == pages


async def test_explanations_come_back_on_a_page_that_has_time(shop):
    """What was left out of one page alone is not told of the next."""
    trouble = shop.trouble("index", "search", Trouble(SLOW_S, when=lambda asked: asked.only_ids))
    asked = {"explain": pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS, "page_size": 2}
    first = await shop.find(*PARTS, **asked)
    trouble.when = lambda _: False
    second = await shop.find(*PARTS, page_token=first.next_page_token, timeout_s=10, **asked)

    assert ({"EXPLANATIONS": LATE}, {}) == (left_out(first), left_out(second))
    assert all(each.HasField("explanation") for each in second.results)


async def test_a_page_of_a_query_without_a_part_is_not_explained_by_the_whole(shop):
    """What was shown was found without the picture: contributions of a picture would be made up."""
    trouble = shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))
    asked = {"explain": pb.SearchProductsRequest.EXPLAIN_LEVEL_CONTRIBUTIONS, "page_size": 2}
    first = await shop.find(*PARTS, **asked)
    trouble.when = lambda *_, **__: False
    second = await shop.find(*PARTS, page_token=first.next_page_token, timeout_s=10, **asked)

    assert {"EXPLANATIONS", "PART 1"} <= left_out(second).keys()
    assert not any(each.HasField("explanation") for each in second.results)


@pytest.mark.parametrize(
    ("room", "method", "step"),
    [("ranker", "rank", "RANKING"), ("ranker", "offer", "RANKING"), ("encoder", "encode", "PART 0")],
)
async def test_a_room_that_is_away_is_done_without(shop, room, method, step):
    """A search outlives what it can do without."""
    shop.trouble(room, method, away(room))
    answer = await shop.find(text("red mug"), vector_part(), timeout_s=10)

    assert UNAVAILABLE == left_out(answer)[step]
    assert answer.results


async def test_a_search_room_that_is_away_is_told(shop):
    """Nothing is found without it."""
    shop.trouble("index", "search", away("search"))
    error = await refusal(shop.find(*PARTS, timeout_s=10))

    assert (Unavailable, Reason.DEPENDENCY_UNAVAILABLE) == (type(error), error.reason)


@pytest.mark.parametrize(
    ("room", "method", "trouble"),
    [
        ("ranker", "rank", Trouble(SLOW_S)),
        ("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE))),
        ("fuser", "fuse", Trouble(SLOW_S)),
        ("index", "corrected", Trouble(SLOW_S)),
        ("ranker", "rank", away("ranker")),
    ],
)
async def test_the_client_can_forbid_it(shop, room, method, trouble):
    """Then an answer is whole or there is none."""
    shop.trouble(room, method, trouble)
    code = grpc.StatusCode.UNAVAILABLE if trouble.error else EXCEEDED

    assert code == await code_of(shop.find(*PARTS, degrade_policy=FORBID))


async def test_what_is_known_to_be_slow_is_not_begun(shop):
    """After one request has waited in vain others do not, for a while: they answer sooner, and say why."""
    trouble = shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))
    first = await shop.find(*PARTS)
    started = time.perf_counter()
    second = await shop.find(*PARTS)

    assert (LATE, SLOW) == (left_out(first)["PART 1"], left_out(second)["PART 1"])
    assert 1 == trouble.begun
    assert time.perf_counter() - started < DEADLINE_S
    # With time enough it is tried.
    trouble.seconds = 0.0
    assert {} == left_out(await shop.find(*PARTS, timeout_s=30))
    assert {} == left_out(await shop.find(*PARTS))


async def test_what_is_given_up_is_cancelled(shop):
    """Nobody works on what nobody waits for: neither on what is left out nor past the deadline nor for a client that left."""
    dropped = shop.trouble("ranker", "rank", Trouble(SLOW_S))
    await shop.find(*PARTS)
    past = shop.trouble("encoder", "encode", Trouble(SLOW_S))
    await code_of(shop.find(*PARTS, degrade_policy=FORBID))
    left = shop.trouble("index", "search", Trouble(SLOW_S))
    shop.trouble("encoder", "encode", Trouble())
    call = shop.stub.SearchProducts(pb.SearchProductsRequest(parts=PARTS), timeout=30)
    while not left.begun:
        await asyncio.sleep(0.01)
    call.cancel()
    while not left.cancelled:
        await asyncio.sleep(0.01)

    assert grpc.StatusCode.CANCELLED == await call.code()
    assert (1, 2, 1) == (dropped.cancelled, past.cancelled, left.cancelled)
    assert 0 == dropped.ended == past.ended == left.ended


async def test_what_fails_ends_what_goes_on_beside_it(shop):
    """A product that does not exist is told at once, and the picture beside it is encoded no longer."""
    slow = shop.trouble("encoder", "encode", Trouble(SLOW_S, when=of_modality(Modality.IMAGE)))
    error = await refusal(shop.find(*PARTS, pb.QueryPart(product_id="none"), timeout_s=30))

    assert Reason.PRODUCT_NOT_FOUND == error.reason
    assert (1, 1, 0) == (slow.begun, slow.cancelled, slow.ended)


async def test_slow_listening_leaves_a_sound_a_sound(shop):
    """Whether somebody speaks was not heard: it is told, and the sound is searched."""
    shop.rooms.encoder.speech = 0.9
    shop.trouble("encoder", "transcribe", Trouble(SLOW_S))
    sound = pb.QueryPart(audio=types_pb2.Media(data=b"red mug"))
    answer = await shop.find(sound)

    assert {"SPEECH 0": LATE} == left_out(answer)
    assert [types_pb2.MODALITY_AUDIO] == list(answer.interpretation.modalities)
    (heard,) = answer.interpretation.speech
    assert types_pb2.AUDIO_MODE_SOUND == heard.mode


async def test_speech_that_must_be_words_is_waited_for(shop):
    """Limits may be said in it, and they hold."""
    shop.trouble("encoder", "transcribe", Trouble(SLOW_S))
    sound = pb.QueryPart(audio=types_pb2.Media(data=b"red mug"), audio_mode=types_pb2.AUDIO_MODE_SPEECH)

    assert EXCEEDED == await code_of(shop.find(sound))


def vector_part() -> pb.QueryPart:
    return pb.QueryPart(vector=vector("red cup"))


def test_the_schema_has_the_same_steps():
    """In the same order, by the same numbers."""
    assert {step.name: step.value for step in Step} == {
        name.removeprefix("STEP_"): number for name, number in pb.Degradation.Step.items() if number
    }
