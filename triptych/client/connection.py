"""The client itself: a connection to a gateway."""

from types import TracebackType
from typing import Self

import grpc

from triptych.client.access import open_channel, with_key
from triptych.client.calls import call
from triptych.client.catalogs import CatalogCalls
from triptych.client.feedback import FeedbackCalls
from triptych.client.products import ProductCalls
from triptych.client.search import SearchCalls
from triptych.upgrading import Upgrades
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.v1 import maintenance_service_pb2_grpc as maintenance_grpc
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import upgrade_service_pb2_grpc as upgrade_grpc


class Client(SearchCalls, ProductCalls, CatalogCalls, FeedbackCalls):
    """A connection to a gateway; may be shared by threads.

    Args:
        address: "host:port" of the gateway, or any name that gRPC resolves.
        balanced: *address* names several gateways: calls go to all in turn, and to none while it starts or stops. Not for
            a proxy that spreads calls itself.
        channel: a channel of your own instead; it is then yours to close.
        api_key: a key, or a token (JWT), that every call brings; empty: none. Over a network send it with TLS alone.
        tls_ca: PEM file of the CAs of which the gateway must show a certificate; empty: no TLS.
        tls_cert, tls_key: PEM files of a certificate to show the gateway, and of its private key; empty: none.

    Raises:
        OSError: a file cannot be read, or is not what it should be.
        ValueError: a certificate without a CA, or without its key; a key that cannot be sent.
    """

    def __init__(
        self,
        address: str = "localhost:7100",
        *,
        balanced: bool = False,
        channel: grpc.Channel | None = None,
        api_key: str = "",
        tls_ca: str = "",
        tls_cert: str = "",
        tls_key: str = "",
    ) -> None:
        self._own = None if channel else open_channel(address, tls_ca, tls_cert, tls_key, balanced=balanced)
        opened = channel or self._own
        assert opened is not None
        used = with_key(opened, api_key) if api_key else opened
        self._search = search_grpc.ProductSearchServiceStub(used)
        self._catalog = catalog_grpc.CatalogServiceStub(used)
        self._feedback = feedback_grpc.FeedbackServiceStub(used)
        self._maintenance = maintenance_grpc.MaintenanceServiceStub(used)
        self.upgrades = Upgrades(upgrade_grpc.UpgradeServiceStub(used), call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._own:
            self._own.close()
