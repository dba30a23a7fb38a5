"""Asks a room whether it is well: `python -m triptych.runtime.probe 127.0.0.1:7100 [SERVICE]`.

For images and for nodes that cannot ask by themselves. Ends with 0 where the answer is SERVING, and else with 1 and a line
that says why. The services' own names tell readiness, "liveness" whether the process is alive.
"""

import argparse
import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_S = 2.0


def main() -> None:
    """Ask once."""
    parser = argparse.ArgumentParser(description="Ask a gRPC server for its health.")
    parser.add_argument("address", help="host:port")
    parser.add_argument("service", nargs="?", default="", help="full name; without it the whole server")
    parser.add_argument("--timeout-s", type=float, default=TIMEOUT_S, help="default: %(default)s")
    arguments = parser.parse_args()
    why = complaint(arguments.address, arguments.service, arguments.timeout_s)
    if why:
        sys.exit(why)


def complaint(address: str, service: str, timeout_s: float) -> str:
    """Return why *service* at *address* is not well; empty where it is."""
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=timeout_s)
        except grpc.RpcError as error:
            return f"{address}: {error.code().name}"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return ""
    return f"{address}: {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"


if __name__ == "__main__":
    main()
