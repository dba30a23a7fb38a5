"""One channel to Milvus: address, token, deadline, status."""

import base64
from typing import Any
from urllib.parse import urlsplit

import grpc
from pymilvus.grpc_gen.common_pb2 import Status
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceStub

from services.search.adapters.milvus.errors import check_status
from services.search.metrics import MILVUS_SECONDS
from triptych.runtime.channels import RECONNECT_OPTIONS, following_channel
from triptych.runtime.context import remaining_s
from triptych.runtime.security.tls import PLAIN, TlsFiles
from triptych.vocabulary import spans

DEFAULT_PORT = 19_530

_OPTIONS = (
    *RECONNECT_OPTIONS,
    # Milvus's own limits hold; it answers with up to 1000 products and their vectors.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Notices a Milvus that vanished without closing the connection; the least that its server allows is 5 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
)


class MilvusConnection:
    """Calls Milvus. To be made inside the running event loop; nothing is connected before the first call.

    Args:
        uri: "http://host:port", "https://host:port" for TLS, or the path of a Milvus Lite file, ending in ".db".
        token: "user:password" or an API key; empty where Milvus asks for none.
        database: Milvus's database; empty for its default.
        tls: for https; without a CA those that the system trusts.
    """

    def __init__(self, uri: str, *, token: str = "", database: str = "", tls: TlsFiles = PLAIN) -> None:
        # Milvus Lite compares all vectors: its HNSW misses most of what passes a strict filter, and it is slow to count.
        self.is_exhaustive = uri.endswith(".db")
        self._channel = _open(_lite_uri(uri) if self.is_exhaustive else uri, tls)
        self._stub = MilvusServiceStub(self._channel)
        self._metadata: list[tuple[str, str]] = []
        if token:
            self._metadata.append(("authorization", base64.b64encode(token.encode()).decode()))
        if database:
            self._metadata.append(("dbname", database))

    async def call(self, method: str, request: Any) -> Any:
        """Call *method* with *request* within the current request's deadline; never tried twice.

        Raises:
            MilvusRefusal, grpc.aio.AioRpcError: for `map_milvus_errors` to translate.
        """
        named = {"db.system.name": "milvus", "db.operation.name": method}
        with spans.span(f"milvus.{method}", calls=True, **named), MILVUS_SECONDS.labels(method).time():
            response = await getattr(self._stub, method)(
                request, timeout=remaining_s(), metadata=[*self._metadata, *spans.carried()]
            )
        check_status(response if isinstance(response, Status) else response.status)
        return response

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close()


def _open(uri: str, tls: TlsFiles) -> grpc.aio.Channel:
    parts = urlsplit(uri)
    target = f"{parts.hostname}:{parts.port or DEFAULT_PORT}"
    if parts.scheme == "https":
        return following_channel(target, tls, _OPTIONS)
    return grpc.aio.insecure_channel(target, options=_OPTIONS)


def _lite_uri(path: str) -> str:
    # Only where Milvus Lite is asked for: it is no dependency of the service.
    from milvus_lite.server_manager import server_manager_instance

    uri: str | None = server_manager_instance.start_and_get_uri(path)
    if uri is None:
        raise OSError(f"Milvus Lite cannot open {path}")
    return uri
