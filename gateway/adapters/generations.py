"""The search room, as the core's GenerationStore."""

import uuid
from collections.abc import Mapping, Sequence

import grpc

from gateway.adapters.search import record, record_message, spaces_message
from gateway.core.model.catalog import ProductRecord
from gateway.core.upgrade.model import Generation, Generations, Upgrade
from gateway.translate import upgrades
from triptych.internal.v1 import generation_service_pb2 as pb
from triptych.internal.v1 import generation_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import call
from triptych.runtime.errors import from_status
from triptych.runtime.logs import log
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.errors import TriptychError
from triptych.vocabulary.vectors import Space


class GenerationRoom:
    """Calls the search room over *channel*; *holder* is by what this process is known."""

    def __init__(self, channel: grpc.aio.Channel, holder: str = "") -> None:
        self._stub: pb_grpc.GenerationServiceAsyncStub = pb_grpc.GenerationServiceStub(channel)
        self._holder = holder or uuid.uuid4().hex

    async def describe(self, catalog: str, *, counted: bool = False) -> Generations:
        """See the port."""
        request = pb.DescribeGenerationsRequest(catalog=catalog, counted=counted)
        response = await call("search", self._stub.DescribeGenerations, request)
        return Generations(
            _generation(response.serving),
            _generation(response.other) if response.HasField("other") else None,
            _noted(response.record),
        )

    async def prepare(self, upgrade: Upgrade, space: Space) -> None:
        """See the port."""
        (message,) = spaces_message({SpaceKind.FUSED: space})
        request = pb.PrepareGenerationRequest(
            catalog=upgrade.catalog, space=message, record=upgrades.packed(upgrade)
        )
        await call("search", self._stub.PrepareGeneration, request)

    async def missing(self, catalog: str, after_id: str, limit: int) -> tuple[list[ProductRecord], str]:
        """See the port."""
        request = pb.ListMissingRequest(catalog=catalog, after_id=after_id, limit=limit)
        response = await call("search", self._stub.ListMissing, request)
        return [record(each) for each in response.products], response.last_id

    async def backfill(
        self, catalog: str, spaces: Mapping[SpaceKind, Space], products: Sequence[ProductRecord]
    ) -> tuple[list[TriptychError | None], int]:
        """See the port."""
        request = pb.BackfillProductsRequest(
            catalog=catalog,
            spaces=spaces_message(spaces),
            products=[record_message(each) for each in products],
        )
        response = await call("search", self._stub.BackfillProducts, request)
        outcomes = [from_status(each) if each.code else None for each in response.outcomes]
        return outcomes, response.stored_count

    async def prune(self, catalog: str, after_id: str, limit: int) -> str:
        """See the port."""
        request = pb.PruneGenerationRequest(catalog=catalog, after_id=after_id, limit=limit)
        return str((await call("search", self._stub.PruneGeneration, request)).last_id)

    async def switch(self, catalog: str, generation: str, missing_max: int) -> None:
        """See the port."""
        request = pb.SwitchGenerationRequest(catalog=catalog, generation=generation, missing_max=missing_max)
        await call("search", self._stub.SwitchGeneration, request)

    async def drop(self, catalog: str, generation: str) -> None:
        """See the port."""
        request = pb.DropGenerationRequest(catalog=catalog, generation=generation)
        await call("search", self._stub.DropGeneration, request)

    async def note(self, upgrade: Upgrade) -> None:
        """See the port."""
        request = pb.SetUpgradeRecordRequest(catalog=upgrade.catalog, record=upgrades.packed(upgrade))
        await call("search", self._stub.SetUpgradeRecord, request)

    async def upgrades(self) -> list[Upgrade]:
        """See the port."""
        response = await call("search", self._stub.ListUpgradeRecords, pb.ListUpgradeRecordsRequest())
        noted = (_noted(response.records[each]) for each in sorted(response.records))
        return [each for each in noted if each is not None]

    async def hold(self, catalog: str, seconds: float) -> bool:
        """See the port."""
        request = pb.HoldUpgradeRequest(catalog=catalog, holder=self._holder, hold_ms=round(seconds * 1e3))
        return bool((await call("search", self._stub.HoldUpgrade, request)).is_held)


def _noted(record: str) -> Upgrade | None:
    """Return the upgrade that *record* tells; None where there is none, or none that this version can read."""
    try:
        return upgrades.parsed(record) if record else None
    except ValueError as error:
        log.warning("the record of an upgrade cannot be read", why=str(error))
        return None


def _generation(message: pb.Generation) -> Generation:
    return Generation(message.name, message.pack, message.product_count)
