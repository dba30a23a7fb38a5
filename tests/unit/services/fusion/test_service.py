"""The service over a tiny model."""

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.service import FusionServicer
from triptych.internal.v1.fusion_service_pb2 import DescribeSpaceRequest


async def test_says_in_which_space_it_fuses():
    """The space is that of every vector that it makes."""
    fuser = Fuser(InMemoryFusionModel())
    await fuser.warm_up()

    response = await FusionServicer(fuser).DescribeSpace(DescribeSpaceRequest(), None)

    assert ("in-memory-1/fused", 8) == (response.space.id, response.space.dimension)
