"""FusionService over gRPC: translates; what fusion is stands in core."""

from typing import Any

import grpc

from services.fusion import metrics
from services.fusion.core.fuser import Fuser, Outcome
from services.fusion.core.parts import Group
from services.fusion.translate import (
    error_message,
    group_of,
    strategy_of,
    vector_message,
)
from triptych.internal.v1.fusion_service_pb2 import (
    DescribeSpaceRequest,
    DescribeSpaceResponse,
    FusedGroup,
    FuseRequest,
    FuseResponse,
    FusionGroup,
)
from triptych.internal.v1.fusion_service_pb2_grpc import FusionServiceServicer
from triptych.runtime import wire
from triptych.runtime.errors import to_status
from triptych.runtime.validation import validate
from triptych.vocabulary.choices import FusionStrategy
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space


class FusionServicer(FusionServiceServicer):
    """Answers FusionService."""

    def __init__(self, fuser: Fuser) -> None:
        self._fuser = fuser

    async def Fuse(self, request: FuseRequest, context: grpc.aio.ServicerContext[Any, Any]) -> FuseResponse:
        """Fuse each group; a group that cannot be fused carries its own error."""
        strategy = strategy_of(request)
        outcomes, facts = await self._fuser.fuse(strategy, [_read(group) for group in request.groups])
        metrics.count(strategy, outcomes)
        models = () if strategy is FusionStrategy.WEIGHTED_SUM else (wire.model_message(facts.version),)
        return FuseResponse(
            groups=[_outcome_message(outcome, facts.space) for outcome in outcomes],
            space=wire.space_message(facts.space),
            models=models,
        )

    async def DescribeSpace(
        self, request: DescribeSpaceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> DescribeSpaceResponse:
        """Say in which space vectors are fused."""
        return DescribeSpaceResponse(space=wire.space_message(self._fuser.facts().space))


def _read(message: FusionGroup) -> Group | TriptychError:
    """Return the group, or why it is invalid: the runtime leaves groups unchecked, so that one fails alone."""
    try:
        validate(message)
    except TriptychError as error:
        return error
    return group_of(message)


def _outcome_message(outcome: Outcome, space: Space) -> FusedGroup:
    if isinstance(outcome, TriptychError):
        return error_message(to_status(outcome))
    return vector_message(outcome, space)
