"""Looking after catalogues."""

from gateway.core.keeping import Keeping
from gateway.core.sweeping import Sweeping
from gateway.core.transfer import Transfer
from gateway.metrics import PRODUCTS
from gateway.service.context import Context
from gateway.translate import keeping, queries, transfer
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import maintenance_service_pb2_grpc as pb_grpc


class MaintenanceService(pb_grpc.MaintenanceServiceServicer):
    """triptych.v1.MaintenanceService."""

    def __init__(self, keeping: Keeping, transfer: Transfer, sweeping: Sweeping) -> None:
        self._keeping, self._transfer, self._sweeping = keeping, transfer, sweeping

    async def ExportProducts(
        self, request: pb.ExportProductsRequest, context: Context
    ) -> pb.ExportProductsResponse:
        """Return a page of products with their vectors."""
        limit = keeping.page_size(request.page_size, transfer.EXPORTED_DEFAULT, transfer.EXPORTED_MAX)
        catalog = request.catalog or queries.CATALOG_DEFAULT
        page = await self._transfer.page(catalog, request.filter, limit, request.page_token)
        return transfer.export_response(page)

    async def ImportProducts(
        self, request: pb.ImportProductsRequest, context: Context
    ) -> pb.ImportProductsResponse:
        """Store products with their vectors, each with its own outcome."""
        records = [transfer.record_of(each) for each in request.products]
        outcomes = await self._transfer.store_records(
            request.catalog or queries.CATALOG_DEFAULT, transfer.spaces_of(request), records
        )
        for error in outcomes:
            PRODUCTS.labels("refused" if error else "stored").inc()
        return transfer.import_response(outcomes)

    async def CheckCatalog(
        self, request: pb.CheckCatalogRequest, context: Context
    ) -> pb.CheckCatalogResponse:
        """Compare a page of what is kept with the records."""
        limit = keeping.page_size(request.page_size, keeping.CHECKED_DEFAULT, keeping.CHECKED_MAX)
        catalog = request.catalog or queries.CATALOG_DEFAULT
        page = await self._keeping.check(catalog, request.page_token, limit, repair=request.repair)
        return keeping.check_response(page)

    async def SweepMedia(self, request: pb.SweepMediaRequest, context: Context) -> pb.SweepMediaResponse:
        """Look at a page of products or of kept media."""
        limit = keeping.page_size(request.page_size, keeping.CHECKED_DEFAULT, keeping.CHECKED_MAX)
        page = await self._sweeping.page(request.page_token, limit, remove=request.remove)
        return keeping.sweep_response(page)
