"""Catalogues as wholes: made, described, checked, exported, removed."""

from collections.abc import Iterator, Sequence

from google.rpc.status_pb2 import Status

from triptych.client.calls import TIMEOUT_S, call, pages_of
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import maintenance_service_pb2_grpc as maintenance_grpc


class CatalogCalls:
    """Calls of triptych.v1.CatalogService and MaintenanceService about catalogues."""

    _catalog: catalog_grpc.CatalogServiceStub
    _maintenance: maintenance_grpc.MaintenanceServiceStub

    def facts(self, catalog: str = "", *, timeout_s: float = TIMEOUT_S) -> catalog_pb.GetCatalogResponse:
        """Return what a catalogue can be filtered by, and its calibration."""
        return call(self._catalog.GetCatalog, catalog_pb.GetCatalogRequest(catalog=catalog), timeout_s)

    def set_calibration(
        self, calibration: catalog_pb.Calibration | None, *, catalog: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        """Give a catalogue the curves by which it tells probabilities; None removes them."""
        request = catalog_pb.SetCalibrationRequest(catalog=catalog, calibration=calibration)
        call(self._catalog.SetCalibration, request, timeout_s)

    def catalogs(self, *, timeout_s: float = TIMEOUT_S) -> Iterator[catalog_pb.CatalogSummary]:
        """Yield the catalogues by name; raises TriptychClientError."""
        for page in pages_of(self._catalog.ListCatalogs, catalog_pb.ListCatalogsRequest(), timeout_s):
            yield from page.catalogs

    def create_catalog(self, catalog: str, *, timeout_s: float = 60.0) -> None:
        """Make an empty catalogue; raises TriptychClientError, also when there is one of the name."""
        call(self._catalog.CreateCatalog, catalog_pb.CreateCatalogRequest(catalog=catalog), timeout_s)

    def delete_catalog(self, catalog: str, *, timeout_s: float = 60.0) -> None:
        """Remove a catalogue with all that is in it; raises TriptychClientError."""
        call(self._catalog.DeleteCatalog, catalog_pb.DeleteCatalogRequest(catalog=catalog), timeout_s)

    def check(
        self, *, catalog: str = "", repair: bool = False, timeout_s: float = 60.0
    ) -> Iterator[maintenance_pb.CheckCatalogResponse]:
        """Compare all that is kept of a catalogue with its records, and mend it if *repair*; yields a page at a time."""
        request = maintenance_pb.CheckCatalogRequest(catalog=catalog, repair=repair)
        yield from pages_of(self._maintenance.CheckCatalog, request, timeout_s)

    def sweep_media(
        self, *, remove: bool = False, timeout_s: float = 60.0
    ) -> Iterator[maintenance_pb.SweepMediaResponse]:
        """Compare the kept media with the products of all catalogues, and *remove* what none names; yields page by page."""
        yield from pages_of(
            self._maintenance.SweepMedia, maintenance_pb.SweepMediaRequest(remove=remove), timeout_s
        )

    def export(
        self,
        *,
        filter: str = "",  # noqa: A002 - as the API names it
        catalog: str = "",
        page_size: int = 0,
        timeout_s: float = 60.0,
    ) -> Iterator[maintenance_pb.ExportProductsResponse]:
        """Yield the products that pass *filter* with all their vectors, a page at a time; raises TriptychClientError."""
        request = maintenance_pb.ExportProductsRequest(catalog=catalog, filter=filter, page_size=page_size)
        yield from pages_of(self._maintenance.ExportProducts, request, timeout_s)

    def import_products(
        self,
        products: Sequence[maintenance_pb.EncodedProduct],
        spaces: Sequence[maintenance_pb.VectorSpace],
        *,
        catalog: str = "",
        timeout_s: float = 120.0,
    ) -> list[Status]:
        """Store up to 100 products with their vectors; return what became of each, in their order: code 0 is stored."""
        request = maintenance_pb.ImportProductsRequest(catalog=catalog, products=products, spaces=spaces)
        return list(call(self._maintenance.ImportProducts, request, timeout_s).outcomes)
