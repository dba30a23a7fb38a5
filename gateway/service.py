"""The public services: translate, call the core, translate back."""

from dataclasses import replace
from typing import Any, TypeAlias

import grpc

from gateway.core.catalog import Catalog
from gateway.core.feedback.model import SentEvent
from gateway.core.feedback.recording import Feedback
from gateway.core.feedback.shown import ShownAnswers
from gateway.core.model import Answer, NewProduct, NextPage
from gateway.core.ports import Chains, Interpreter
from gateway.core.recognise import Recogniser
from gateway.core.recommend.recommender import Recommendations, Recommender
from gateway.core.relevance import kind_of
from gateway.core.search import ProductSearch
from gateway.metrics import (
    BEST_RELEVANCE,
    EMPTY_ANSWERS,
    EVENTS,
    PRODUCTS,
    RECOGNITIONS,
    RECOMMENDED,
    SEARCHES,
    STAGE,
)
from gateway.translate import (
    answers,
    catalogs,
    feedback,
    products,
    queries,
    recognition,
    recommendations,
    words,
)
from gateway.translate.media import media
from triptych.runtime.errors import to_status
from triptych.runtime.validation import validate
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import TriptychError

# Generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class ProductSearchService(search_grpc.ProductSearchServiceServicer):
    """triptych.v1.ProductSearchService."""

    def __init__(
        self,
        search: ProductSearch,
        interpreter: Interpreter,
        chains: Chains,
        recogniser: Recogniser,
        recommender: Recommender,
        shown: ShownAnswers,
    ) -> None:
        self._search = search
        self._recogniser = recogniser
        self._interpreter = interpreter
        self._chains = chains
        self._recommender = recommender
        self._shown = shown

    async def SearchProducts(
        self, request: search_pb.SearchProductsRequest, context: Context
    ) -> search_pb.SearchProductsResponse:
        """Find products."""
        query = queries.query(request)
        answer: Answer | NextPage
        if query.page_token:
            answer = await self._search.follow(query)
            response = answers.next_page(query, answer)
        else:
            answer = await self._search.search(query)
            measure(answer)
            response = answers.response(query, answer)
        if answer.chain is not None:
            chain = replace(answer.chain, head=answers.head(response))
            response.next_page_token = self._chains.seal(chain, query.fingerprint)
        response.attribution_token = self._shown.search(query, answer, answers.modalities(response))
        return response

    async def RecognizeProduct(
        self, request: search_pb.RecognizeProductRequest, context: Context
    ) -> search_pb.RecognizeProductResponse:
        """Say which product a photo shows."""
        told = await self._recogniser.recognise(recognition.photo(request))
        RECOGNITIONS.labels("unknown" if told.is_nothing_like_it else "known").inc()
        return recognition.response(told)

    async def RecommendProducts(
        self, request: search_pb.RecommendProductsRequest, context: Context
    ) -> search_pb.RecommendProductsResponse:
        """Recommend products."""
        customer = recommendations.customer(request)
        found = await self._recommender.recommend(customer)
        measure_recommendations(found)
        response = recommendations.response(found)
        response.attribution_token = self._shown.recommendations(customer.catalog, found)
        return response

    async def DescribeImage(
        self, request: search_pb.DescribeImageRequest, context: Context
    ) -> search_pb.DescribeImageResponse:
        """Say what a picture shows."""
        return words.description(await self._interpreter.describe(media(request.image)))

    async def TranscribeAudio(
        self, request: search_pb.TranscribeAudioRequest, context: Context
    ) -> search_pb.TranscribeAudioResponse:
        """Write down what is said."""
        return words.transcript(await self._interpreter.transcribe(media(request.audio)))


class CatalogService(catalog_grpc.CatalogServiceServicer):
    """triptych.v1.CatalogService."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def UpsertProducts(
        self, request: catalog_pb.UpsertProductsRequest, context: Context
    ) -> catalog_pb.UpsertProductsResponse:
        """Store products, each with its own outcome."""
        sent = [checked(product) for product in request.products]
        outcomes = await self._catalog.upsert(request.catalog or queries.CATALOG_DEFAULT, sent)
        return catalog_pb.UpsertProductsResponse(
            results=[
                upsert_result(index, product.id, error)
                for index, (product, error) in enumerate(zip(request.products, outcomes, strict=True))
            ]
        )

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


class FeedbackService(feedback_grpc.FeedbackServiceServicer):
    """triptych.v1.FeedbackService."""

    def __init__(self, feedback: Feedback) -> None:
        self._feedback = feedback

    async def RecordEvents(
        self, request: feedback_pb.RecordEventsRequest, context: Context
    ) -> feedback_pb.RecordEventsResponse:
        """Keep what customers did, each event with its own outcome."""
        outcomes = await self._feedback.record([checked_event(event) for event in request.events])
        for error in outcomes:
            EVENTS.labels("refused" if error else "recorded").inc()
        return feedback.record_response(outcomes)

    async def ListEvents(
        self, request: feedback_pb.ListEventsRequest, context: Context
    ) -> feedback_pb.ListEventsResponse:
        """Return what was kept."""
        after, limit = feedback.page(request)
        found = await self._feedback.answers(request.catalog or queries.CATALOG_DEFAULT, after, limit)
        return feedback.list_response(found, limit)


def checked_event(event: feedback_pb.ShownEvent) -> SentEvent | TriptychError:
    """Return an event to keep, or why it breaks the schema's rules."""
    try:
        validate(event)
        return feedback.sent_event(event)
    except TriptychError as error:
        return error


def checked(product: types_pb2.Product) -> NewProduct | TriptychError:
    """Return a product to store, or why it breaks the schema's rules."""
    try:
        validate(product)
        return products.new_product(product)
    except TriptychError as error:
        return error


def upsert_result(index: int, product_id: str, error: TriptychError | None) -> catalog_pb.UpsertProductResult:
    """Return what became of the product at *index*."""
    PRODUCTS.labels("refused" if error else "stored").inc()
    if error is None:
        return catalog_pb.UpsertProductResult(id=product_id)
    return catalog_pb.UpsertProductResult(id=product_id, error=to_status(error.under(f"products[{index}]")))


def measure(answer: Answer) -> None:
    """Count *answer* and the time of its stages."""
    SEARCHES.labels(answer.path.name.lower()).inc()
    if not answer.results:
        EMPTY_ANSWERS.inc()
    known = [result.relevance for result in answer.results if result.relevance is not None]
    if known:
        BEST_RELEVANCE.labels(kind_of(answer.modalities)).observe(max(known))
    for stage, seconds in answer.stages:
        STAGE.labels(stage).observe(seconds)


def measure_recommendations(found: Recommendations) -> None:
    """Count what is recommended."""
    for each in found.results:
        RECOMMENDED.labels(each.why.name.lower()).inc()
