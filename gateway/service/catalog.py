"""Products, stored and removed, and what the catalogue is like."""

from collections.abc import AsyncIterator, Sequence

from gateway.core.catalog import Catalog
from gateway.core.keeping import Keeping
from gateway.core.model.writes import Written
from gateway.core.updating import Writes
from gateway.metrics import PRODUCTS
from gateway.service.context import Context
from gateway.service.ingest import Ingestion
from gateway.translate import catalogs, keeping, products, queries, read_mask, updates
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.vocabulary.errors import TriptychError


class CatalogService(catalog_grpc.CatalogServiceServicer):
    """triptych.v1.CatalogService."""

    def __init__(self, catalog: Catalog, writes: Writes, keeping: Keeping, ingestion: Ingestion) -> None:
        self._catalog = catalog
        self._writes = writes
        self._keeping = keeping
        self._ingestion = ingestion

    async def UpsertProducts(
        self, request: catalog_pb.UpsertProductsRequest, context: Context
    ) -> catalog_pb.UpsertProductsResponse:
        """Store products, each with its own outcome."""
        catalog, sent = request.catalog or queries.CATALOG_DEFAULT, updates.upserts(request)
        outcomes = await self._writes.upsert(catalog, sent)
        count(outcomes)
        ids = [each.id for each in request.products]
        return catalog_pb.UpsertProductsResponse(results=updates.upsert_results(ids, outcomes, "products"))

    async def IngestProducts(  # type: ignore[override] # writes by itself: the stubs know generators only
        self, request_iterator: AsyncIterator[catalog_pb.IngestProductsRequest], context: Context
    ) -> None:
        """Store a stream of products."""
        await self._ingestion.serve(request_iterator, context)

    async def UpdateProduct(
        self, request: catalog_pb.UpdateProductRequest, context: Context
    ) -> catalog_pb.UpdateProductResponse:
        """Set fields of a product."""
        update = updates.one(request)
        outcomes = await self._writes.update(request.catalog or queries.CATALOG_DEFAULT, [update])
        count(outcomes)
        (outcome,) = updates.below("product", [update], outcomes)
        if isinstance(outcome, TriptychError):
            raise outcome
        return catalog_pb.UpdateProductResponse(
            etag=outcome.etag, superseded=outcome.superseded, superseded_paths=outcome.superseded_paths
        )

    async def UpdateProducts(
        self, request: catalog_pb.UpdateProductsRequest, context: Context
    ) -> catalog_pb.UpdateProductsResponse:
        """Set fields of products, each with its own outcome."""
        sent = updates.updates(request)
        outcomes = await self._writes.update(request.catalog or queries.CATALOG_DEFAULT, sent)
        count(outcomes)
        results = updates.upsert_results(
            [each.product.id for each in request.updates], updates.below("product", sent, outcomes), "updates"
        )
        return catalog_pb.UpdateProductsResponse(results=results)

    async def GetProduct(
        self, request: catalog_pb.GetProductRequest, context: Context
    ) -> catalog_pb.GetProductResponse:
        """Return one product."""
        record = await self._catalog.get(request.catalog or queries.CATALOG_DEFAULT, request.id)
        return catalog_pb.GetProductResponse(product=products.product(record.record, record.etag))

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
            products=[read_mask.masked(products.product(each.record, each.etag), fields) for each in records],
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


def count(outcomes: Sequence[Written | TriptychError]) -> None:
    """Count what became of products."""
    for each in outcomes:
        superseded = isinstance(each, Written) and each.superseded
        PRODUCTS.labels(
            "refused" if isinstance(each, TriptychError) else "superseded" if superseded else "stored"
        ).inc()
