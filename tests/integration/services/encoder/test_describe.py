"""Descriptions by the pack that is shipped, through a real Triton."""

import io

import pytest
from grpc_status import rpc_status

from training.demo.items import items
from training.demo.render import render
from training.describe.demo import is_right
from triptych.internal.v1.encoder_service_pb2 import DescribeRequest
from triptych.runtime.errors import from_status
from triptych.v1.types_pb2 import Media
from triptych.vocabulary.errors import FailedPrecondition, Reason


def jpeg(item, view=9):
    file = io.BytesIO()
    render(item, view).save(file, "JPEG", quality=88)
    return file.getvalue()


@pytest.fixture(scope="module")
def unseen():
    """Products whose combinations no training has seen, of different categories."""
    by_category = {item.category: item for item in items() if item.split == "test"}
    return list(by_category.values())[:12]


async def test_unseen_products_are_described(encoder, unseen):
    """Most sentences name category and colour rightly; each says how sure the model is, and which model spoke."""
    answers = [await encoder.Describe(DescribeRequest(image=Media(data=jpeg(item)))) for item in unseen]

    right = [is_right(answer.description, item) for answer, item in zip(answers, unseen, strict=True)]
    assert sum(right) >= 10
    assert all(0 < answer.confidence <= 1 for answer in answers)
    assert {("describer", "1", "")} == {(a.model.name, a.model.version, a.model.space) for a in answers}


async def test_the_same_picture_is_described_in_the_same_words(encoder, unseen):
    """Greedy words depend on nothing but the picture."""
    request = DescribeRequest(image=Media(data=jpeg(unseen[0])))

    first, second = await encoder.Describe(request), await encoder.Describe(request)

    assert first == second


async def test_a_pack_without_a_describer(serve, until_ready, triton, rpc_error):
    """The room is ready all the same, and says what the pack lacks."""
    async with serve(triton_url=triton, describer_model="nobody") as (stub, health):
        await until_ready(health)

        with pytest.raises(rpc_error) as caught:
            await stub.Describe(DescribeRequest(image=Media(data=jpeg(items()[0]))))

    error = from_status(rpc_status.from_call(caught.value))
    assert isinstance(error, FailedPrecondition)
    assert (Reason.MODEL_NOT_SERVED, "describer") == (error.reason, error.metadata["model"])
