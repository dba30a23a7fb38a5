"""SearchService over gRPC: translates; what keeping and finding are stands in core."""

from typing import Any

import grpc

from services.search import metrics
from services.search.core.catalogs import Catalogs
from services.search.core.checking import Checker, Cursor
from services.search.core.keeper import Keeper
from services.search.core.listing import Listing
from services.search.core.searcher import Searcher
from services.search.core.sentinel import Sentinel
from services.search.translate import read_message, spaces_of
from services.search.translate_catalogs import (
    catalogs_message,
    checked_message,
    described_message,
    listed_message,
    wish_of,
)
from services.search.translate_facts import calibration_of
from services.search.translate_generations import beside_of
from services.search.translate_search import found_message, query_of
from services.search.translate_writes import plans_message, record_of, write_message
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.internal.v1.search_service_pb2_grpc import SearchServiceServicer
from triptych.vocabulary import spans

Context = grpc.aio.ServicerContext[Any, Any]


class SearchServicer(SearchServiceServicer):
    """Answers SearchService."""

    def __init__(
        self,
        searcher: Searcher,
        keeper: Keeper,
        catalogs: Catalogs,
        listing: Listing,
        checker: Checker,
        sentinel: Sentinel | None = None,
    ) -> None:
        self._sentinel = sentinel
        self._searcher = searcher
        self._keeper = keeper
        self._catalogs = catalogs
        self._listing = listing
        self._checker = checker

    async def Search(self, request: messages.SearchRequest, context: Context) -> messages.SearchResponse:
        """Find the products that are best by vectors, words or both."""
        query = query_of(request)
        found = await self._searcher.search(query)
        metrics.observe(query.space, found)
        if self._sentinel is not None:
            self._sentinel.offer(query)
        spans.note(catalog=query.catalog, space=query.space.name, hits=len(found.hits), rounds=found.rounds)
        return found_message(found, query.products_limit)

    async def CorrectWords(
        self,
        request: messages.CorrectWordsRequest,
        context: Context,
    ) -> messages.CorrectWordsResponse:
        """Replace words that the catalogue does not know."""
        corrected = await self._searcher.corrected(request.catalog, request.text)
        return messages.CorrectWordsResponse(text=corrected)

    async def CompleteWords(
        self,
        request: messages.CompleteWordsRequest,
        context: Context,
    ) -> messages.CompleteWordsResponse:
        """Complete the last word of a text."""
        found = await self._searcher.completions(request.catalog, request.text, request.limit)
        made = [
            messages.CompleteWordsResponse.Completion(text=text, product_count=count) for text, count in found
        ]
        return messages.CompleteWordsResponse(completions=made)

    async def WriteProducts(
        self,
        request: messages.WriteProductsRequest,
        context: Context,
    ) -> messages.WriteProductsResponse:
        """Store products; each has its own outcome."""
        records = [record_of(each) for each in request.products]
        outcomes = await self._keeper.write(
            request.catalog, spaces_of(request.spaces), records, beside_of(request)
        )
        return write_message(outcomes)

    async def PlanWrites(
        self,
        request: messages.PlanWritesRequest,
        context: Context,
    ) -> messages.PlanWritesResponse:
        """Tell what would become of products."""
        records = [record_of(each) for each in request.products]
        return plans_message(*await self._keeper.plan(request.catalog, records))

    async def ReadProducts(
        self,
        request: messages.ReadProductsRequest,
        context: Context,
    ) -> messages.ReadProductsResponse:
        """Return the products that exist."""
        rows, record = await self._keeper.read(
            request.catalog, request.ids, with_vectors=request.with_vectors, fresh=not request.bounded
        )
        return read_message(rows, record)

    async def RemoveProducts(
        self,
        request: messages.RemoveProductsRequest,
        context: Context,
    ) -> messages.RemoveProductsResponse:
        """Remove products with all their vectors."""
        missing = await self._keeper.remove(request.catalog, request.ids)
        return messages.RemoveProductsResponse(missing_ids=missing)

    async def ListRecords(
        self,
        request: messages.ListRecordsRequest,
        context: Context,
    ) -> messages.ListRecordsResponse:
        """Return a page of products."""
        return listed_message(await self._listing.page(wish_of(request)))

    async def CreateCatalog(
        self,
        request: messages.CreateCatalogRequest,
        context: Context,
    ) -> messages.CreateCatalogResponse:
        """Make a catalogue."""
        existed = await self._catalogs.create(request.catalog, spaces_of(request.spaces))
        return messages.CreateCatalogResponse(existed=existed)

    async def DropCatalog(
        self,
        request: messages.DropCatalogRequest,
        context: Context,
    ) -> messages.DropCatalogResponse:
        """Remove a catalogue."""
        await self._catalogs.drop(request.catalog)
        return messages.DropCatalogResponse()

    async def CheckCatalog(
        self,
        request: messages.CheckCatalogRequest,
        context: Context,
    ) -> messages.CheckCatalogResponse:
        """Compare a page of what is kept with the records."""
        cursor = Cursor.unpack(request.page_token)
        checked = await self._checker.page(request.catalog, cursor, request.limit, repair=request.repair)
        for each in checked.found:
            metrics.INCONSISTENCIES.labels(each.kind.name.lower(), str(each.repaired).lower()).inc()
        return checked_message(checked)

    async def ListCatalogs(
        self,
        request: messages.ListCatalogsRequest,
        context: Context,
    ) -> messages.ListCatalogsResponse:
        """Tell which catalogues there are."""
        return catalogs_message(await self._keeper.catalogs(), await self._keeper.unreadable())

    async def DescribeCatalog(
        self,
        request: messages.DescribeCatalogRequest,
        context: Context,
    ) -> messages.DescribeCatalogResponse:
        """Tell what the products can be filtered by, how many there are, and the calibration."""
        return described_message(await self._catalogs.describe(request.catalog, counted=request.counted))

    async def SetCalibration(
        self,
        request: messages.SetCalibrationRequest,
        context: Context,
    ) -> messages.SetCalibrationResponse:
        """Keep a calibration, or remove it."""
        await self._keeper.set_calibration(request.catalog, calibration_of(request))
        return messages.SetCalibrationResponse()
