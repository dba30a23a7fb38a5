"""The fusion service, put together: settings → adapter → core → servicer → server."""

from contextlib import AsyncExitStack

from services.fusion.adapters.triton import TritonFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.core.ports import FusionModel
from services.fusion.service import FusionServicer
from services.fusion.settings import FusionSettings
from triptych.internal.v1.fusion_service_pb2_grpc import add_FusionServiceServicer_to_server
from triptych.runtime.serve import Room, Service, run
from triptych.runtime.triton import open_triton


def room_of(model: FusionModel) -> Room:
    """Return the room that fuses with *model*."""
    fuser = Fuser(model)
    service = Service(
        "triptych.internal.v1.FusionService", add_FusionServiceServicer_to_server, FusionServicer(fuser)
    )
    return Room("fusion", (service,), warm_up=fuser.warm_up, check=fuser.check)


def build(stack: AsyncExitStack, settings: FusionSettings) -> Room:
    """Return the fusion room; what it opens closes with *stack*."""
    client = open_triton(settings.triton_url, settings.triton_tls)
    stack.push_async_callback(client.close)
    return room_of(TritonFusionModel(client, settings.triton_model))


def main() -> None:
    """Serve until SIGTERM."""
    run("fusion", FusionSettings, build)


if __name__ == "__main__":
    main()
