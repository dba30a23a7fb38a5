"""Which Milvus and which Triton run, in their own words."""

from collections.abc import Callable, Iterable
from typing import Any

import grpc
import httpx
from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet

from triptych.local.part import address_of
from triptych.local.settings import SuiteSettings

TIMEOUT_S = 2.0
GET_VERSION = "/milvus.proto.milvus.MilvusService/GetVersion"
# GetVersionResponse.version.
VERSION_FIELD = 2


def engine_versions(settings: SuiteSettings) -> dict[str, str]:
    """Return the versions of the engines of the local suite, by part; empty where one does not say."""
    return {
        "milvus": milvus_version(address_of(settings.milvus_port)),
        "triton": triton_version(address_of(settings.triton_http_port)),
    }


def milvus_version(address: str) -> str:
    """Return the version of the Milvus at *address*; pymilvus, whose stubs it would take, needs a second to import."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            ask: Callable[..., bytes] = channel.unary_unary(GET_VERSION)
            answer = ask(b"", timeout=TIMEOUT_S)
        except grpc.RpcError:
            return ""
    fields: Iterable[Any] = UnknownFieldSet(Empty.FromString(answer))  # type: ignore[assignment] # its stubs lack this
    return next((each.data.decode() for each in fields if each.field_number == VERSION_FIELD), "")


def triton_version(address: str) -> str:
    """Return the version of the Triton whose HTTP is at *address*."""
    try:
        answer = httpx.get(f"http://{address}/v2", timeout=TIMEOUT_S, trust_env=False).raise_for_status()
        return str(answer.json()["version"])
    except (httpx.HTTPError, ValueError, KeyError):
        return ""
