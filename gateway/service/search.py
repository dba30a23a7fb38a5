"""Search, suggestions, recommendations, recognition, and media put into words."""

import uuid
from dataclasses import replace

from gateway.core.feedback.shown import ShownAnswers
from gateway.core.model.answer import Answer, NextPage
from gateway.core.ports.rooms import Completer, Interpreter
from gateway.core.ports.tokens import Chains
from gateway.core.recognise import Recogniser
from gateway.core.recommend.recommender import Recommendations, Recommender
from gateway.core.relevance import kind_of
from gateway.core.search import ProductSearch
from gateway.core.upgrade.recorder import Recorder
from gateway.core.upgrade.routed import RoutedRecogniser, RoutedRecommender, RoutedSearch
from gateway.metrics import (
    BEST_RELEVANCE,
    DEGRADATIONS,
    EMPTY_ANSWERS,
    RECOGNITIONS,
    RECOMMENDED,
    RESULTS,
    SEARCHES,
    STAGE,
)
from gateway.service.context import Context
from gateway.translate import answers, queries, recognition, recommendations, words
from gateway.translate.media import media
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.vocabulary import spans
from triptych.vocabulary.choices import FusionStrategy, RankingStrategy


class ProductSearchService(search_grpc.ProductSearchServiceServicer):
    """triptych.v1.ProductSearchService."""

    def __init__(
        self,
        search: ProductSearch | RoutedSearch,
        interpreter: Interpreter,
        chains: Chains,
        recogniser: Recogniser | RoutedRecogniser,
        recommender: Recommender | RoutedRecommender,
        shown: ShownAnswers,
        completer: Completer,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder
        self._search = search
        self._recogniser = recogniser
        self._interpreter = interpreter
        self._chains = chains
        self._recommender = recommender
        self._shown = shown
        self._completer = completer

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
        for each in answer.degradations:
            DEGRADATIONS.labels(each.step.name, each.cause.name).inc()
        spans.note(degradations=",".join(each.step.name for each in answer.degradations))
        if answer.chain is not None:
            chain = replace(answer.chain, head=answers.head(response))
            response.next_page_token = self._chains.seal(chain, query.fingerprint)
        search_id = uuid.uuid4().hex
        if self._recorder is not None and isinstance(answer, Answer):
            self._recorder.note(query, search_id)
        modalities = answers.modalities(response)
        response.attribution_token = self._shown.search(query, answer, modalities, search_id)
        return response

    async def SuggestQueries(
        self, request: search_pb.SuggestQueriesRequest, context: Context
    ) -> search_pb.SuggestQueriesResponse:
        """Complete what is being typed."""
        return words.suggestions(await self._completer.completions(*words.typed(request)))

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


def measure(answer: Answer) -> None:
    """Count *answer* and the time of its stages."""
    kind = kind_of(answer.modalities)
    spans.note(path=answer.path.name.lower(), kind=kind, results=len(answer.results))
    spans.note(fusion=name_of(answer.fusion), ranking=name_of(answer.ranking))
    SEARCHES.labels(answer.path.name.lower(), name_of(answer.fusion), name_of(answer.ranking)).inc()
    RESULTS.labels(kind).observe(len(answer.results))
    if not answer.results:
        EMPTY_ANSWERS.inc()
    known = [result.relevance for result in answer.results if result.relevance is not None]
    if known:
        BEST_RELEVANCE.labels(kind).observe(max(known))
    for stage, seconds in answer.stages:
        STAGE.labels(stage).observe(seconds)


def name_of(strategy: FusionStrategy | RankingStrategy | None) -> str:
    """Return what a label says of a strategy."""
    return "NONE" if strategy is None else strategy.name


def measure_recommendations(found: Recommendations) -> None:
    """Count what is recommended."""
    for each in found.results:
        RECOMMENDED.labels(each.why.name.lower()).inc()
