"""The search room, as the core's CatalogStore."""

from collections.abc import Mapping, Sequence

import grpc

from gateway.adapters.search import facts_of, record, spaces_message, spaces_of
from gateway.core.model.keeping import CatalogDescription, CheckPage, Inconsistency, KeptSpace, RecordPage
from triptych.internal.v1 import search_service_pb2 as pb
from triptych.internal.v1 import search_service_pb2_grpc as pb_grpc
from triptych.runtime import wire
from triptych.runtime.channels import call
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space


class CatalogRoom:
    """Calls the search room over *channel*."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: pb_grpc.SearchServiceAsyncStub = pb_grpc.SearchServiceStub(channel)

    async def create(self, catalog: str, spaces: Mapping[SpaceKind, Space]) -> bool:
        """See the port."""
        request = pb.CreateCatalogRequest(catalog=catalog, spaces=spaces_message(spaces))
        return bool((await call("search", self._stub.CreateCatalog, request)).existed)

    async def drop(self, catalog: str) -> None:
        """See the port."""
        await call("search", self._stub.DropCatalog, pb.DropCatalogRequest(catalog=catalog))

    async def catalogs(self) -> dict[str, dict[SpaceKind, Space]]:
        """See the port."""
        response = await call("search", self._stub.ListCatalogs, pb.ListCatalogsRequest())
        return {each.catalog: spaces_of(each.spaces) for each in response.catalogs}

    async def unreadable(self) -> list[str]:
        """See the port."""
        return list((await call("search", self._stub.ListCatalogs, pb.ListCatalogsRequest())).unreadable)

    async def describe(self, catalog: str) -> CatalogDescription:
        """See the port."""
        request = pb.DescribeCatalogRequest(catalog=catalog, counted=True)
        response = await call("search", self._stub.DescribeCatalog, request)
        spaces = (
            KeptSpace(SpaceKind(each.kind), wire.space_of(each.space), each.vector_count, each.index)
            for each in response.spaces
        )
        return CatalogDescription(facts_of(response), tuple(spaces))

    async def page(
        self,
        catalog: str,
        filter: str,  # noqa: A002 - as the API names it
        after_id: str,
        limit: int,
        *,
        with_products: bool,
        with_vectors: bool = False,
    ) -> RecordPage:
        """See the port."""
        request = pb.ListRecordsRequest(
            catalog=catalog,
            filter=filter,
            after_id=after_id,
            limit=limit,
            with_products=with_products,
            with_vectors=with_vectors,
        )
        response = await call("search", self._stub.ListRecords, request)
        return RecordPage(
            tuple(record(each) for each in response.products),
            response.next_after_id,
            spaces_of(response.spaces),
        )

    async def remove(self, catalog: str, ids: Sequence[str]) -> list[str]:
        """See the port."""
        request = pb.RemoveProductsRequest(catalog=catalog, ids=ids)
        return list((await call("search", self._stub.RemoveProducts, request)).missing_ids)

    async def check(self, catalog: str, token: str, limit: int, *, repair: bool) -> CheckPage:
        """See the port."""
        request = pb.CheckCatalogRequest(catalog=catalog, page_token=token, limit=limit, repair=repair)
        response = await call("search", self._stub.CheckCatalog, request)
        found = (
            Inconsistency(
                each.kind,
                each.product_id,
                SpaceKind(each.space) if each.space else None,
                each.view,
                each.repaired,
            )
            for each in response.inconsistencies
        )
        return CheckPage(tuple(found), dict(response.checked), response.next_page_token)
