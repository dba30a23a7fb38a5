"""The key that signs tokens is changed while customers search, replica by replica."""

import grpc
import pytest
from grpc_status import rpc_status

from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

CATALOG = "keys"
OLD, NEW = "the old key, of 32 characters or more", "the new key, of 32 characters or more"


@pytest.fixture(scope="module")
async def replicas(replica):
    """A gateway in each state of the change."""
    states = {
        "before": {"token_key": OLD},
        "told": {"token_key": OLD, "token_keys_accepted": (NEW,)},
        "changed": {"token_key": NEW, "token_keys_accepted": (OLD,)},
        "after": {"token_key": NEW},
    }
    started = {name: await replica(**settings) for name, settings in states.items()}
    products = [types_pb2.Product(id=f"p{number}", title=f"red mug {number}") for number in range(9)]
    await started["before"].catalog.UpsertProducts(
        catalog_pb.UpsertProductsRequest(catalog=CATALOG, products=products)
    )
    return started


async def page(stubs, token="") -> pb.SearchProductsResponse:
    request = pb.SearchProductsRequest(
        catalog=CATALOG, parts=[pb.QueryPart(text="red mug")], page_size=3, page_token=token
    )
    return await stubs.search.SearchProducts(request)


async def recorded(stubs, answer) -> Reason | None:
    product_id = answer.results[0].product.id
    event = feedback_pb.ShownEvent(
        event_id=answer.attribution_token[-20:],
        attribution_token=answer.attribution_token,
        product_id=product_id,
        type=types_pb2.EVENT_TYPE_CLICKED,
    )
    response = await stubs.feedback.RecordEvents(feedback_pb.RecordEventsRequest(events=[event]))
    return from_status(response.outcomes[0]).reason if response.outcomes[0].code else None


@pytest.mark.parametrize(
    "way", [("before", "told", "before"), ("told", "changed", "told"), ("changed", "after", "changed")]
)
async def test_no_token_is_refused_while_replicas_change_one_by_one(replicas, way):
    """A chain of pages, and events of each page, over replicas before and after any one step."""
    answers, token = [], ""
    for name in way:
        answers.append(await page(replicas[name], token))
        token = answers[-1].next_page_token

    shown = [result.product.id for answer in answers for result in answer.results]
    assert {f"p{number}" for number in range(9)} == set(shown)
    assert [None] * 6 == [await recorded(replicas[name], answer) for name in set(way) for answer in answers]


async def test_a_token_of_a_key_that_is_gone_is_refused(replicas):
    """Of pages as of answers."""
    answer = await page(replicas["before"])
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await page(replicas["after"], answer.next_page_token)

    refused = from_status(rpc_status.from_call(caught.value))
    assert (Reason.PAGE_TOKEN_INVALID, "page_token") == (refused.reason, refused.field)
    assert Reason.ATTRIBUTION_TOKEN_INVALID == await recorded(replicas["after"], answer)
