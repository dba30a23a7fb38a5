"""Products, stored and removed, and what the catalogue is like."""

from collections.abc import AsyncIterator

import grpc

from gateway.core.catalog import Catalog
from gateway.core.keeping import Keeping
from gateway.metrics import PRODUCTS
from gateway.service.context import Context
from gateway.service.ingest import Ingestion
from gateway.translate import catalogs, ingest, keeping, products, queries, read_mask
from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.vocabulary.errors import TriptychError


class CatalogService(catalog_grpc.CatalogServiceServicer):
    """triptych.v1.CatalogService."""

    def __init__(self, catalog: Catalog, keeping: Keeping, ingestion: Ingestion) -> None:
        self._catalog = catalog
        self._keeping = keeping
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
        catalog = request.catalog or queries.CATALOG_DEFAULT
        if products.is_by_filter(request):
            removed = await self._keeping.remove_matching(catalog, request.filter)
            return catalog_pb.DeleteProductsResponse(deleted_count=removed)
        missing = await self._catalog.delete(catalog, request.ids)
        removed = len(set(request.ids)) - len(missing)
        return catalog_pb.DeleteProductsResponse(missing_ids=missing, deleted_count=removed)

    async def ListProducts(
        self, request: catalog_pb.ListProductsRequest, context: Context
    ) -> catalog_pb.ListProductsResponse:
        """Return a page of products."""
        fields = read_mask.paths(request.read_mask)
        limit = keeping.page_size(request.page_size, keeping.PRODUCTS_DEFAULT, keeping.PRODUCTS_MAX)
        records, token = await self._keeping.products(
            request.catalog or queries.CATALOG_DEFAULT, request.filter, limit, request.page_token
        )
        return catalog_pb.ListProductsResponse(
            products=[read_mask.masked(products.product(each), fields) for each in records],
            next_page_token=token,
        )

    async def CreateCatalog(
        self, request: catalog_pb.CreateCatalogRequest, context: Context
    ) -> catalog_pb.CreateCatalogResponse:
        """Make a catalogue."""
        await self._keeping.create(request.catalog)
        return catalog_pb.CreateCatalogResponse()

    async def ListCatalogs(
        self, request: catalog_pb.ListCatalogsRequest, context: Context
    ) -> catalog_pb.ListCatalogsResponse:
        """Return a page of catalogues."""
        limit = keeping.page_size(request.page_size, keeping.CATALOGS_DEFAULT, keeping.CATALOGS_MAX)
        return keeping.list_response(await self._keeping.catalogs(limit, request.page_token))

    async def DeleteCatalog(
        self, request: catalog_pb.DeleteCatalogRequest, context: Context
    ) -> catalog_pb.DeleteCatalogResponse:
        """Remove a catalogue."""
        await self._keeping.delete(request.catalog)
        return catalog_pb.DeleteCatalogResponse()

    async def GetCatalog(
        self, request: catalog_pb.GetCatalogRequest, context: Context
    ) -> catalog_pb.GetCatalogResponse:
        """Tell what a catalogue is like."""
        catalog = request.catalog or queries.CATALOG_DEFAULT
        return keeping.catalog_response(catalog, await self._keeping.describe(catalog))

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
