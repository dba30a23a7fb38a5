"""Spoken queries, seen by a client; the other rooms are fakes."""

import grpc
import pytest
from grpc_status import rpc_status

from gateway.core.model.words import Transcript
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import ModelVersion

SAID = "red mug not leather under twenty euros"
SLOTS = {"category": "mug", "colour": "red", "not_material": "leather", "price_at_most": "twenty"}


def product(product_id: str, title: str, price: int, material: str) -> types_pb2.Product:
    made = types_pb2.Product(id=product_id, title=title, category="mug")
    made.price.units = price
    made.attributes["material"].string_value = material
    return made


def voice(**more) -> pb.QueryPart:
    return pb.QueryPart(audio=types_pb2.Media(data=SAID.encode()), **more)


@pytest.fixture
async def search(stubs, rooms):
    """A catalogue of mugs, and a transcriber that hears what the bytes say."""
    found, catalog = stubs
    products = [
        product("good", "red mug", 10, "wood"),
        product("other", "blue mug", 15, "wood"),
        product("dear", "red mug", 30, "wood"),
        product("leather", "red mug", 10, "leather"),
    ]
    await catalog.UpsertProducts(catalog_pb.UpsertProductsRequest(products=products))

    async def transcribe(audio):
        return Transcript(audio.data.decode(), 0.9375, SLOTS, ModelVersion("transcriber", "1", ""))

    rooms.encoder.speech, rooms.encoder.transcribe = 0.9, transcribe
    return found


async def test_a_spoken_query_is_understood_and_told(search):
    """Price and denial hold; what was heard, what became of it and the filter are in the interpretation."""
    answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[voice()], filter="price > 1"))
    told = answer.interpretation
    (heard,) = told.speech

    assert ["good", "other"] == [result.product.id for result in answer.results]
    assert 'price > 1 AND NOT attributes.material = "leather" AND price <= 20' == told.filter
    assert (0, types_pb2.AUDIO_MODE_SPEECH, 0.9, SAID, 0.9375, "red mug") == (
        heard.part, heard.mode, heard.speech_probability, heard.transcript, heard.confidence, heard.words,
    )  # fmt: skip
    assert [
        ("category", "mug", pb.Constraint.OPERATOR_IS, 'category = "mug"'),
        ("colour", "red", pb.Constraint.OPERATOR_IS, ""),
        ("material", "leather", pb.Constraint.OPERATOR_IS_NOT, 'NOT attributes.material = "leather"'),
        ("price", "20", pb.Constraint.OPERATOR_AT_MOST, "price <= 20"),
    ] == [(each.name, each.value, each.operator, each.filter) for each in heard.constraints]
    assert "transcriber" in [model.name for model in answer.models]
    assert "listen" == answer.stages[0].stage


async def test_a_sound_is_told_to_be_one(search, rooms):
    """Where nobody speaks, the sound's vector is searched, and the answer says how sure that is."""
    rooms.encoder.speech = 0.125
    answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[voice()]))
    (heard,) = answer.interpretation.speech

    assert (types_pb2.AUDIO_MODE_SOUND, 0.125, "") == (heard.mode, heard.speech_probability, heard.transcript)
    assert {"good", "other", "dear", "leather"} == {result.product.id for result in answer.results}
    assert [types_pb2.MODALITY_AUDIO] == list(answer.interpretation.modalities)


async def test_who_asks_for_sound_is_told_nothing(search):
    """A sound that was not taken for speech by anybody's choice is not among what was heard."""
    asked = voice(audio_mode=types_pb2.AUDIO_MODE_SOUND)
    answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[asked]))

    assert [] == list(answer.interpretation.speech)
    assert "listen" not in [each.stage for each in answer.stages]


async def test_speech_is_a_query_of_words(search, rooms):
    """In the mode SPEECH the words alone are searched, and no sound is encoded."""
    asked = voice(audio_mode=types_pb2.AUDIO_MODE_SPEECH)
    rooms.encoder.calls.clear()
    answer = await search.SearchProducts(pb.SearchProductsRequest(parts=[asked]))

    assert [types_pb2.MODALITY_TEXT] == list(answer.interpretation.modalities)
    assert [["red mug"]] == [[content.text for content in call] for call in rooms.encoder.calls]


async def test_pages_of_a_spoken_query(search):
    """The pages that follow keep the filter without listening again, and say the same of what was heard."""
    request = pb.SearchProductsRequest(parts=[voice()], page_size=1)
    first = await search.SearchProducts(request)
    request.page_token = first.next_page_token
    second = await search.SearchProducts(request)

    assert ["good", "other"] == [first.results[0].product.id, second.results[0].product.id]
    assert "" == second.next_page_token
    assert first.interpretation.speech == second.interpretation.speech


async def test_speech_that_nobody_understands(search, rooms):
    """The error names the part."""
    asked = voice(audio_mode=types_pb2.AUDIO_MODE_SPEECH)

    async def transcribe(audio):
        return Transcript("", 0.25, {}, ModelVersion("transcriber", "1", ""))

    rooms.encoder.transcribe = transcribe
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await search.SearchProducts(pb.SearchProductsRequest(parts=[pb.QueryPart(text="mug"), asked]))
    error = from_status(rpc_status.from_call(caught.value))

    assert (Reason.SPEECH_NOT_UNDERSTOOD, "parts[1].audio") == (error.reason, error.field)


async def test_a_transcript_alone_is_understood_too(search):
    """Without a catalogue, slots are taken for its attributes."""
    answer = await search.TranscribeAudio(
        pb.TranscribeAudioRequest(audio=types_pb2.Media(data=SAID.encode()))
    )

    assert [
        ("category", pb.Constraint.OPERATOR_IS, 'category = "mug"'),
        ("colour", pb.Constraint.OPERATOR_IS, 'attributes.colour = "red"'),
        ("material", pb.Constraint.OPERATOR_IS_NOT, 'NOT attributes.material = "leather"'),
        ("price", pb.Constraint.OPERATOR_AT_MOST, "price <= 20"),
    ] == [(each.name, each.operator, each.filter) for each in answer.constraints]


async def test_explanations_go_by_the_parts_of_the_request(search):
    """Words and sound of one part are told as that part, add up to the score, and are left out together."""
    asked = pb.SearchProductsRequest(
        parts=[voice(), pb.QueryPart(text="red")],
        explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL,
        page_size=1,
    )
    first = await search.SearchProducts(asked)
    asked.page_token = first.next_page_token
    second = await search.SearchProducts(asked)

    for answer in (first, second):
        (result,) = answer.results
        told = result.explanation
        parts = [each.part for each in told.contributions if each.HasField("part")]
        assert {0, 1} == set(parts)
        assert [0, 1] == [each.part for each in told.counterfactuals]
        assert result.score == pytest.approx(sum(each.value for each in told.contributions), abs=1e-5)
        assert {0, 1} == {each.part for each in told.words}


async def test_places_without_what_was_said(search):
    """Without a voice its words, its sound and what it forbids are gone: the place is that of a search without it."""
    words = pb.QueryPart(text="leather mug")
    asked = pb.SearchProductsRequest(
        parts=[words, voice()], explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL
    )
    answer = await search.SearchProducts(asked)
    alone = await search.SearchProducts(pb.SearchProductsRequest(parts=[words]))

    ranks = {result.product.id: rank for rank, result in enumerate(alone.results, start=1)}
    told = {
        result.product.id: {each.part: each.rank for each in result.explanation.counterfactuals}
        for result in answer.results
    }
    assert {"good", "other"} == set(told)
    assert {name: ranks[name] for name in told} == {name: each[1] for name, each in told.items()}
    assert "leather" in ranks
