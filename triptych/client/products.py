"""Products: stored, changed, read and removed."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TypedDict, Unpack

import grpc
from google.protobuf.field_mask_pb2 import FieldMask

from triptych.client.calls import TIMEOUT_S, TriptychClientError, call, pages_of
from triptych.client.requests import new_request_id
from triptych.ingesting import BackOff, Ingested, Ingestion
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import types_pb2


class IngestOptions(TypedDict, total=False):
    """How a stream of products is sent."""

    resume_token: str  # of an earlier ingestion of the same products: those that it settled are passed over
    patience_s: float  # how long to go on when nothing can be stored; if unset, 120
    on_back_off: Callable[[BackOff], None] | None  # is told when the suite asks for less


class ProductCalls:
    """Calls of triptych.v1.CatalogService about products."""

    _catalog: catalog_grpc.CatalogServiceStub

    def upsert(
        self,
        products: Sequence[types_pb2.Product],
        *,
        catalog: str = "",
        mode: "types_pb2.WriteMode.ValueType" = types_pb2.WRITE_MODE_UNSPECIFIED,
        request_id: str = "",
        timeout_s: float = 60.0,
    ) -> list[catalog_pb.UpsertProductResult]:
        """Store up to 100 products; return what became of each, in their order.

        Without a *request_id* the call has one of its own, so that what is tried again on the way is written once.
        """
        request = catalog_pb.UpsertProductsRequest(
            catalog=catalog, products=products, mode=mode, request_id=request_id or new_request_id()
        )
        return list(call(self._catalog.UpsertProducts, request, timeout_s).results)

    def update(
        self,
        product: types_pb2.Product,
        paths: Iterable[str] = (),
        *,
        catalog: str = "",
        allow_missing: bool = False,
        request_id: str = "",
        timeout_s: float = TIMEOUT_S,
    ) -> catalog_pb.UpdateProductResponse:
        """Set the fields at *paths*, or those that *product* has, and leave the others as they are.

        Raises:
            TriptychClientError: it was refused, reason ETAG_MISMATCH where another etag is stored than *product* has.
        """
        request = catalog_pb.UpdateProductRequest(
            catalog=catalog,
            product=product,
            update_mask=FieldMask(paths=paths),
            allow_missing=allow_missing,
            request_id=request_id or new_request_id(),
        )
        return call(self._catalog.UpdateProduct, request, timeout_s)

    def update_all(
        self,
        updates: Iterable[types_pb2.Product | catalog_pb.ProductUpdate],
        *,
        catalog: str = "",
        request_id: str = "",
        timeout_s: float = 60.0,
    ) -> list[catalog_pb.UpsertProductResult]:
        """Make up to 100 updates, each with its own outcome; a product stands for an update of the fields that it has."""
        request = catalog_pb.UpdateProductsRequest(
            catalog=catalog,
            updates=[
                catalog_pb.ProductUpdate(product=each) if isinstance(each, types_pb2.Product) else each
                for each in updates
            ],
            request_id=request_id or new_request_id(),
        )
        return list(call(self._catalog.UpdateProducts, request, timeout_s).results)

    def ingest(
        self, products: Iterable[types_pb2.Product], *, catalog: str = "", **options: Unpack[IngestOptions]
    ) -> Generator[Ingested, None, None]:
        """Store any number of products, in constant memory; yield what became of each, in any order.

        They are numbered from 1, and taken from *products* in another thread, no faster than they are stored. A stream
        that breaks is gone on with. See `ingest_items`.
        """
        items = (
            catalog_pb.IngestProductsRequest.Item(sequence=sequence, product=product)
            for sequence, product in enumerate(products, start=1)
        )
        return self.ingest_items(items, catalog=catalog, **options)

    def ingest_items(
        self,
        items: Iterable[catalog_pb.IngestProductsRequest.Item],
        *,
        catalog: str = "",
        **options: Unpack[IngestOptions],
    ) -> Generator[Ingested, None, None]:
        """Store products that are numbered already: by lines of a file, say. See `ingest`.

        Raises:
            TriptychClientError: the stream was refused, or nothing could be stored for *patience_s* seconds.
        """
        try:
            yield from Ingestion(self._catalog.IngestProducts, items, catalog=catalog, **options)
        except grpc.RpcError as error:
            raise TriptychClientError(error) from error

    def get(self, product_id: str, *, catalog: str = "", timeout_s: float = TIMEOUT_S) -> types_pb2.Product:
        """Return a product as it was stored."""
        request = catalog_pb.GetProductRequest(catalog=catalog, id=product_id)
        return call(self._catalog.GetProduct, request, timeout_s).product

    def products(
        self,
        *,
        filter: str = "",  # noqa: A002 - as the API names it
        catalog: str = "",
        page_size: int = 0,
        timeout_s: float = 60.0,
    ) -> Iterator[types_pb2.Product]:
        """Yield the products that pass *filter*, each once, page by page; raises TriptychClientError."""
        request = catalog_pb.ListProductsRequest(catalog=catalog, filter=filter, page_size=page_size)
        for page in pages_of(self._catalog.ListProducts, request, timeout_s):
            yield from page.products

    def delete(self, ids: Sequence[str], *, catalog: str = "", timeout_s: float = TIMEOUT_S) -> list[str]:
        """Remove up to 1000 products; return those of the ids that did not exist."""
        request = catalog_pb.DeleteProductsRequest(catalog=catalog, ids=ids)
        return list(call(self._catalog.DeleteProducts, request, timeout_s).missing_ids)

    def delete_matching(self, filter: str, *, catalog: str = "", timeout_s: float = 60.0) -> int:  # noqa: A002 - as the API names it
        """Remove every product that passes *filter*; return how many. Asking again goes on where the time ran out."""
        request = catalog_pb.DeleteProductsRequest(catalog=catalog, filter=filter)
        return int(call(self._catalog.DeleteProducts, request, timeout_s).deleted_count)
