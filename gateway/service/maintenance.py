"""Looking after catalogues."""

from gateway.core.keeping import Keeping
from gateway.service.context import Context
from gateway.translate import keeping, queries
from triptych.v1 import maintenance_service_pb2 as pb
from triptych.v1 import maintenance_service_pb2_grpc as pb_grpc


class MaintenanceService(pb_grpc.MaintenanceServiceServicer):
    """triptych.v1.MaintenanceService."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    async def CheckCatalog(
        self, request: pb.CheckCatalogRequest, context: Context
    ) -> pb.CheckCatalogResponse:
        """Compare a page of what is kept with the records."""
        limit = keeping.page_size(request.page_size, keeping.CHECKED_DEFAULT, keeping.CHECKED_MAX)
        catalog = request.catalog or queries.CATALOG_DEFAULT
        page = await self._keeping.check(catalog, request.page_token, limit, repair=request.repair)
        return keeping.check_response(page)
