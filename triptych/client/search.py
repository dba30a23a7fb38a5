"""Finding, recommending, recognising, putting into words."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Unpack

from triptych.client.calls import TIMEOUT_S, MediaSource, call, pages_of
from triptych.client.requests import SearchChoices, media, search_request
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2


class SearchCalls:
    """Calls of triptych.v1.ProductSearchService."""

    _search: search_grpc.ProductSearchServiceStub

    def search(
        self,
        *,
        text: str | None = None,
        image: MediaSource | None = None,
        audio: MediaSource | None = None,
        like: str | None = None,
        parts: Iterable[search_pb.QueryPart] = (),
        page_token: str = "",
        timeout_s: float = TIMEOUT_S,
        **choices: Unpack[SearchChoices],
    ) -> search_pb.SearchProductsResponse:
        """Find products by words, a picture, a sound, a product like it, or any mix; best match first.

        *parts* made by `part` add weights, exclusions, vectors and several contents of one kind. With *order_by* alone
        all products that pass the *filter* are browsed.

        Raises:
            TriptychClientError: the request was refused or not answered in time.
        """
        request = search_request(text=text, image=image, audio=audio, like=like, parts=parts, **choices)
        request.page_token = page_token
        return call(self._search.SearchProducts, request, timeout_s)

    def pages(
        self,
        *,
        text: str | None = None,
        image: MediaSource | None = None,
        audio: MediaSource | None = None,
        like: str | None = None,
        parts: Iterable[search_pb.QueryPart] = (),
        page_token: str = "",
        timeout_s: float = TIMEOUT_S,
        **choices: Unpack[SearchChoices],
    ) -> Iterator[search_pb.SearchProductsResponse]:
        """Yield the pages of a search, one call each; no product comes twice. See `search`."""
        request = search_request(text=text, image=image, audio=audio, like=like, parts=parts, **choices)
        request.page_token = page_token
        yield from pages_of(self._search.SearchProducts, request, timeout_s)

    def suggest(
        self, text: str, *, catalog: str = "", limit: int = 0, timeout_s: float = TIMEOUT_S
    ) -> list[search_pb.QuerySuggestion]:
        """Complete what a customer has typed so far, by most products first; raises TriptychClientError."""
        request = search_pb.SuggestQueriesRequest(catalog=catalog, text=text, limit=limit)
        return list(call(self._search.SuggestQueries, request, timeout_s).suggestions)

    def recognize(
        self,
        image: MediaSource,
        *,
        region: types_pb2.BoundingBox | None = None,
        matches: int = 0,
        catalog: str = "",
        timeout_s: float = TIMEOUT_S,
    ) -> search_pb.RecognizeProductResponse:
        """Say which product a photo, or a region of it, shows; raises TriptychClientError."""
        request = search_pb.RecognizeProductRequest(
            catalog=catalog, image=media(image), region=region, matches=matches
        )
        return call(self._search.RecognizeProduct, request, timeout_s)

    def recommend(
        self,
        events: Iterable[search_pb.CustomerEvent] = (),
        *,
        catalog: str = "",
        filter: str = "",  # noqa: A002 - as the API names it
        page_size: int = 0,
        include_bought: bool = False,
        half_life_s: float | None = None,
        diversity_lambda: float | None = None,
        as_of: datetime | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> search_pb.RecommendProductsResponse:
        """Recommend products from what a customer did, in any order; what is popular where nothing is known.

        *as_of* without a zone is UTC. Raises TriptychClientError.
        """
        request = search_pb.RecommendProductsRequest(
            catalog=catalog,
            events=events,
            filter=filter,
            page_size=page_size,
            include_bought=include_bought,
            diversity_lambda=diversity_lambda,
        )
        if half_life_s is not None:
            request.half_life.FromNanoseconds(int(half_life_s * 1e9))
        if as_of is not None:
            request.as_of.FromDatetime(as_of)
        return call(self._search.RecommendProducts, request, timeout_s)

    def describe(
        self, image: MediaSource, *, timeout_s: float = TIMEOUT_S
    ) -> search_pb.DescribeImageResponse:
        """Say in a sentence what a picture shows; raises TriptychClientError."""
        request = search_pb.DescribeImageRequest(image=media(image))
        return call(self._search.DescribeImage, request, timeout_s)

    def transcribe(
        self, audio: MediaSource, *, timeout_s: float = TIMEOUT_S
    ) -> search_pb.TranscribeAudioResponse:
        """Write down what is said, and what of it was understood; raises TriptychClientError."""
        request = search_pb.TranscribeAudioRequest(audio=media(audio))
        return call(self._search.TranscribeAudio, request, timeout_s)
