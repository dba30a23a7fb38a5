"""Asks the parts of the suite whether they are ready."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from triptych.local.part import Part
from triptych.local.waiting import is_ok

TIMEOUT_S = 1.0


def healthy(parts: Sequence[Part]) -> list[bool]:
    """Return for each of *parts* whether it is ready; they are asked side by side."""
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(is_healthy, parts))


def is_healthy(part: Part) -> bool:
    """Return whether *part* is ready to be used."""
    if part.health_url:
        return is_ok(part.health_url, TIMEOUT_S)
    with grpc.insecure_channel(part.address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        request = health_pb2.HealthCheckRequest(service=part.health_service)
        try:
            response = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_S)
        except grpc.RpcError:
            return False
        return bool(response.status == health_pb2.HealthCheckResponse.SERVING)
