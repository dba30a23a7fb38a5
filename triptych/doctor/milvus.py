"""What Milvus holds of ours."""

from typing import Any
from urllib.parse import urlsplit

import grpc
from pymilvus.grpc_gen.common_pb2 import LoadState, LoadStateLoaded
from pymilvus.grpc_gen.milvus_pb2 import (
    DescribeCollectionRequest,
    GetLoadStateRequest,
    GetVersionRequest,
    ShowCollectionsRequest,
)
from pymilvus.grpc_gen.milvus_pb2_grpc import MilvusServiceStub

from services.search.adapters.milvus.connection import DEFAULT_PORT
from services.search.adapters.milvus.schema import alias_of, parse_name
from services.search.settings import SearchSettings
from triptych.doctor.world import Milvus
from triptych.local.milvus import COLLECTIONS_MAX
from triptych.runtime.settings import ServerSettings
from triptych.vocabulary.choices import SpaceKind

TIMEOUT_S = 3.0


def milvus_of(settings: ServerSettings | None, *, is_local: bool) -> Milvus | None:
    """Return what the Milvus of the search room's *settings* holds; None where it does not answer, or asks for a token."""
    if not isinstance(settings, SearchSettings) or settings.milvus_uri.endswith(".db"):
        return None
    parts = urlsplit(settings.milvus_uri)
    target, options = f"{parts.hostname}:{parts.port or DEFAULT_PORT}", [("grpc.enable_http_proxy", 0)]
    channel = (
        grpc.secure_channel(target, grpc.ssl_channel_credentials(), options=options)
        if parts.scheme == "https"
        else grpc.insecure_channel(target, options=options)
    )
    with channel:
        try:
            return held(MilvusServiceStub(channel), COLLECTIONS_MAX if is_local else 0)
        except grpc.RpcError:
            return None


def held(stub: Any, channels: int) -> Milvus:
    """Return what the Milvus behind *stub* holds, which writes to *channels*; 0: nobody knows."""
    version = stub.GetVersion(GetVersionRequest(), timeout=TIMEOUT_S).version
    names = list(stub.ShowCollections(ShowCollectionsRequest(), timeout=TIMEOUT_S).collection_names)
    ours = {name: parsed for name in names if (parsed := parse_name(name)) is not None}
    states = {
        name: stub.GetLoadState(GetLoadStateRequest(collection_name=name), timeout=TIMEOUT_S).state
        for name in ours
    }
    catalogs = {catalog for catalog, kind, _ in ours.values() if kind is SpaceKind.FUSED}
    return Milvus(
        version=str(version),
        unloaded={
            name: LoadState.Name(state).removeprefix("LoadState")
            for name, state in states.items()
            if state != LoadStateLoaded
        },
        without_alias=[each for each in sorted(catalogs) if not is_served(stub, each)],
        collections=len(names),
        channels=channels,
    )


def is_served(stub: Any, catalog: str) -> bool:
    """Whether an alias says which collection of *catalog* serves."""
    request = DescribeCollectionRequest(collection_name=alias_of(catalog))
    status = stub.DescribeCollection(request, timeout=TIMEOUT_S).status
    return not (status.error_code or status.code)
