"""GenerationService over gRPC: translates; what an upgrade asks of the store stands in core."""

from typing import Any

import grpc
from google.rpc.status_pb2 import Status

from services.search.core.backfilling import Backfilling
from services.search.core.upgrading import Upgrading
from services.search.translate import spaces_of
from services.search.translate_generations import described_message, generation_message, missing_message
from services.search.translate_writes import record_of
from triptych.internal.v1 import generation_service_pb2 as messages
from triptych.internal.v1.generation_service_pb2_grpc import GenerationServiceServicer
from triptych.runtime import wire
from triptych.runtime.errors import to_status

Context = grpc.aio.ServicerContext[Any, Any]


class GenerationServicer(GenerationServiceServicer):
    """Answers GenerationService."""

    def __init__(self, upgrading: Upgrading, backfilling: Backfilling) -> None:
        self._upgrading, self._backfilling = upgrading, backfilling

    async def DescribeGenerations(
        self, request: messages.DescribeGenerationsRequest, context: Context
    ) -> messages.DescribeGenerationsResponse:
        """Tell which generation serves, and which is beside it."""
        return described_message(await self._upgrading.describe(request.catalog, counted=request.counted))

    async def PrepareGeneration(
        self, request: messages.PrepareGenerationRequest, context: Context
    ) -> messages.PrepareGenerationResponse:
        """Make a generation beside the one that serves."""
        space = wire.space_of(request.space.space)
        made = await self._upgrading.prepare(request.catalog, space, request.record)
        return messages.PrepareGenerationResponse(generation=generation_message(made))

    async def ListMissing(
        self, request: messages.ListMissingRequest, context: Context
    ) -> messages.ListMissingResponse:
        """Return products that the other generation lacks."""
        return missing_message(
            await self._backfilling.missing(request.catalog, request.after_id, request.limit)
        )

    async def BackfillProducts(
        self, request: messages.BackfillProductsRequest, context: Context
    ) -> messages.BackfillProductsResponse:
        """Store products in the other generation."""
        records = [record_of(each) for each in request.products]
        outcomes, stored = await self._backfilling.backfill(
            request.catalog, spaces_of(request.spaces), records
        )
        return messages.BackfillProductsResponse(
            outcomes=[Status() if each is None else to_status(each) for each in outcomes],
            stored_count=stored,
        )

    async def PruneGeneration(
        self, request: messages.PruneGenerationRequest, context: Context
    ) -> messages.PruneGenerationResponse:
        """Remove what does not exist any more."""
        removed, last_id = await self._backfilling.prune(request.catalog, request.after_id, request.limit)
        return messages.PruneGenerationResponse(removed_count=removed, last_id=last_id)

    async def SwitchGeneration(
        self, request: messages.SwitchGenerationRequest, context: Context
    ) -> messages.SwitchGenerationResponse:
        """Let the other generation serve."""
        await self._upgrading.switch(request.catalog, request.generation, request.missing_max)
        return messages.SwitchGenerationResponse()

    async def DropGeneration(
        self, request: messages.DropGenerationRequest, context: Context
    ) -> messages.DropGenerationResponse:
        """Remove the other generation."""
        await self._upgrading.drop(request.catalog, request.generation)
        return messages.DropGenerationResponse()

    async def SetUpgradeRecord(
        self, request: messages.SetUpgradeRecordRequest, context: Context
    ) -> messages.SetUpgradeRecordResponse:
        """Note how an upgrade fares."""
        await self._upgrading.note(request.catalog, request.record)
        return messages.SetUpgradeRecordResponse()

    async def ListUpgradeRecords(
        self, request: messages.ListUpgradeRecordsRequest, context: Context
    ) -> messages.ListUpgradeRecordsResponse:
        """Return what is noted of all upgrades."""
        return messages.ListUpgradeRecordsResponse(records=await self._upgrading.noted())

    async def HoldUpgrade(
        self, request: messages.HoldUpgradeRequest, context: Context
    ) -> messages.HoldUpgradeResponse:
        """Let one worker at a time work on an upgrade."""
        is_held = self._upgrading.hold(request.catalog, request.holder, request.hold_ms / 1e3)
        return messages.HoldUpgradeResponse(is_held=is_held)
