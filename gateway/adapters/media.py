"""The encoder room, as the core's KeptMedia."""

from collections.abc import Collection

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from triptych.internal.v1 import encoder_service_pb2 as pb
from triptych.internal.v1 import encoder_service_pb2_grpc as pb_grpc
from triptych.runtime.channels import call


class MediaRoom:
    """Calls the encoder room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.EncoderServiceAsyncStub = pb_grpc.EncoderServiceStub(channel)

    async def confirm(self, ids: Collection[str]) -> list[str]:
        """See the port."""
        request = pb.ConfirmMediaRequest(content_ids=ids)
        return list((await call("encoder", self._stub.ConfirmMedia, request)).missing_ids)

    async def ids(self, after: str, limit: int, before_s: float) -> list[str]:
        """See the port."""
        request = pb.ListMediaRequest(page_size=limit, page_token=after, kept_before=_time(before_s))
        return list((await call("encoder", self._stub.ListMedia, request)).content_ids)

    async def remove(self, ids: Collection[str], before_s: float) -> int:
        """See the port."""
        request = pb.RemoveMediaRequest(content_ids=ids, kept_before=_time(before_s))
        return int((await call("encoder", self._stub.RemoveMedia, request)).removed)


def _time(seconds: float) -> Timestamp:
    time = Timestamp()
    time.FromMicroseconds(round(seconds * 1e6))
    return time
