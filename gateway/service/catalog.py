"""Products, stored and removed, and what the catalogue is like."""

from collections.abc import AsyncIterator

import grpc

from gateway.core.catalog import Catalog
from gateway.metrics import PRODUCTS
from gateway.service.context import Context
from gateway.service.ingest import Ingestion
from gateway.translate import catalogs, ingest, products, queries
from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.vocabulary.errors import TriptychError


class CatalogService(catalog_grpc.CatalogServiceServicer):
    """triptych.v1.CatalogService."""

    def __init__(self, catalog: Catalog, ingestion: Ingestion) -> None:
        self._catalog = catalog
        self._ingestion = ingestion

    async def UpsertProducts(
        self, request: catalog_pb.UpsertProductsRequest, context: Context
    ) -> catalog_pb.UpsertProductsResponse:
        """Store products, each with its own outcome."""
        sent = [ingest.checked(product) for product in request.products]
        outcomes = await self._catalog.upsert(request.catalog or queries.CATALOG_DEFAULT, sent)
        return catalog_pb.UpsertProductsResponse(
            results=[
                upsert_result(index, product.id, error)
                for index, (product, error) in enumerate(zip(request.products, outcomes, strict=True))
            ]
        )

    async def IngestProducts(  # type: ignore[override] # writes by itself: the stubs know generators only
        self, request_iterator: AsyncIterator[catalog_pb.IngestProductsRequest], context: Context
    ) -> None:
        """Store a stream of products."""
        await self._ingestion.serve(request_iterator, context)

    async def UpdateProduct(
        self, request: catalog_pb.UpdateProductRequest, context: Context
    ) -> catalog_pb.UpdateProductResponse:
        """Not served yet."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Not served yet.")

    async def UpdateProducts(
        self, request: catalog_pb.UpdateProductsRequest, context: Context
    ) -> catalog_pb.UpdateProductsResponse:
        """Not served yet."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Not served yet.")

    async def GetProduct(
        self, request: catalog_pb.GetProductRequest, context: Context
    ) -> catalog_pb.GetProductResponse:
        """Return one product."""
        record = await self._catalog.get(request.catalog or queries.CATALOG_DEFAULT, request.id)
        return catalog_pb.GetProductResponse(product=products.product(record))

    async def DeleteProducts(
        self, request: catalog_pb.DeleteProductsRequest, context: Context
    ) -> catalog_pb.DeleteProductsResponse:
        """Remove products."""
        missing = await self._catalog.delete(request.catalog or queries.CATALOG_DEFAULT, request.ids)
        return catalog_pb.DeleteProductsResponse(missing_ids=missing)

    async def GetCatalog(
        self, request: catalog_pb.GetCatalogRequest, context: Context
    ) -> catalog_pb.GetCatalogResponse:
        """Tell what the products can be filtered by, and the calibration."""
        catalog = request.catalog or queries.CATALOG_DEFAULT
        return catalogs.catalog_response(catalog, await self._catalog.facts(catalog))

    async def SetCalibration(
        self, request: catalog_pb.SetCalibrationRequest, context: Context
    ) -> catalog_pb.SetCalibrationResponse:
        """Keep a calibration, or remove it."""
        curves = catalogs.curves(request.calibration)
        await self._catalog.set_calibration(request.catalog or queries.CATALOG_DEFAULT, curves)
        return catalog_pb.SetCalibrationResponse()


def upsert_result(index: int, product_id: str, error: TriptychError | None) -> catalog_pb.UpsertProductResult:
    """Return what became of the product at *index*."""
    PRODUCTS.labels("refused" if error else "stored").inc()
    if error is None:
        return catalog_pb.UpsertProductResult(id=product_id)
    return catalog_pb.UpsertProductResult(id=product_id, error=to_status(error.under(f"products[{index}]")))
