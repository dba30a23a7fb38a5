"""The client for a shop's backend.

    from triptych.client import Client

    with Client("localhost:7100") as shop:
        for result in shop.search(text="red mug", image="photo.jpg").results:
            print(result.score, result.product.title)

Stands on the generated stubs only. Messages are those of `triptych.v1`; what they mean is written in protos/.
"""

import uuid
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from triptych.ingesting import BackOff, Ingested, Ingestion
from triptych.upgrading import Upgrades
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import maintenance_service_pb2_grpc as maintenance_grpc
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2
from triptych.v1 import upgrade_service_pb2_grpc as upgrade_grpc

Response = TypeVar("Response")
MediaSource = bytes | str | Path

MESSAGE_BYTES_MAX = 80 * 1024 * 1024
TIMEOUT_S = 10.0
SERVICE_CONFIG = """{"methodConfig": [{
    "name": [{"service": "triptych.v1.ProductSearchService"}, {"service": "triptych.v1.CatalogService"},
             {"service": "triptych.v1.FeedbackService"}, {"service": "triptych.v1.MaintenanceService"}],
    "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.2s", "maxBackoff": "2s", "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"]}}]}"""
# Every call of the API may be repeated without harm, so that a part which restarts is waited for, within the timeout.
OPTIONS = (
    ("grpc.service_config", SERVICE_CONFIG),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


class TriptychClientError(Exception):
    """A call that was refused or not answered.

    Attributes:
        code: gRPC's status code.
        reason: why, for programs: see docs/errors.md; empty when gRPC itself failed.
        message: why, for people.
        field: the field of the request to blame; empty when none is.
        metadata: the variables of the message.
    """

    def __init__(self, error: grpc.RpcError) -> None:
        status = rpc_status.from_call(error)
        info, bad = ErrorInfo(), BadRequest()
        for detail in status.details if status else ():
            detail.Unpack(info)
            detail.Unpack(bad)
        self.code: grpc.StatusCode = error.code()
        self.reason: str = info.reason
        self.message: str = error.details() or ""
        self.field: str = bad.field_violations[0].field if bad.field_violations else ""
        self.metadata: dict[str, str] = dict(info.metadata)
        super().__init__(f"{self.code.name}: {self.message}")


def media(source: MediaSource) -> types_pb2.Media:
    """Return a picture or sound: the bytes given, the file at a path, or the address given ("https://…", "file://…")."""
    if isinstance(source, bytes):
        return types_pb2.Media(data=source)
    if isinstance(source, str) and "://" in source:
        return types_pb2.Media(uri=source)
    return types_pb2.Media(data=Path(source).read_bytes())


def new_request_id() -> str:
    """Return a name for a request that no other has."""
    return uuid.uuid4().hex


class SearchChoices(TypedDict, total=False):
    """What a search may say beside its parts. What each means, its default and its bound: SearchProductsRequest."""

    catalog: str
    filter: str
    page_size: int
    fusion: "types_pb2.FusionStrategy.ValueType"
    similarity: "types_pb2.SimilarityMetric.ValueType"
    ranking: "types_pb2.RankingStrategy.ValueType"
    search_space: "types_pb2.SearchSpace.ValueType"
    diversity_lambda: float | None
    facets: Iterable[str | search_pb.FacetSpec]  # a name stands for a facet of the default size
    group_by: str
    order_by: str
    boosts: Iterable[search_pb.Boost]
    lexical_weight: float | None
    hybrid_fusion: "types_pb2.HybridFusion.ValueType"
    rescoring: "types_pb2.SimilarityMetric.ValueType"
    min_relevance: float | None
    explain: "search_pb.SearchProductsRequest.ExplainLevel.ValueType"
    spelling: "search_pb.SearchProductsRequest.Spelling.ValueType"
    read_mask: Iterable[str]  # paths of fields, such as "title"
    consistency: "types_pb2.Consistency.ValueType"


def part(
    *,
    text: str | None = None,
    image: MediaSource | None = None,
    audio: MediaSource | None = None,
    like: str | None = None,
    vector: types_pb2.Vector | None = None,
    weight: float | None = None,
    region: types_pb2.BoundingBox | None = None,
    audio_mode: "types_pb2.AudioMode.ValueType" = types_pb2.AUDIO_MODE_UNSPECIFIED,
    exclude: bool = False,
    exclude_similarity: float | None = None,
) -> search_pb.QueryPart:
    """Return one part of a query; exactly one of the contents is given.

    A negative *weight* means "not like this"; *exclude* leaves out; of an image only the *region* is looked at.
    """
    made = search_pb.QueryPart(
        weight=weight,
        vector=vector,
        region=region,
        audio_mode=audio_mode,
        exclude=exclude,
        exclude_similarity=exclude_similarity,
    )
    if text is not None:
        made.text = text
    if image is not None:
        made.image.CopyFrom(media(image))
    if audio is not None:
        made.audio.CopyFrom(media(audio))
    if like is not None:
        made.product_id = like
    return made


def search_request(
    *,
    text: str | None = None,
    image: MediaSource | None = None,
    audio: MediaSource | None = None,
    like: str | None = None,
    parts: Iterable[search_pb.QueryPart] = (),
    **choices: Unpack[SearchChoices],
) -> search_pb.SearchProductsRequest:
    """Return a request with a part for each content given, and the further *parts*."""
    contents = {"text": text, "image": image, "audio": audio, "like": like}
    named = [part(**{name: value}) for name, value in contents.items() if value is not None]  # type: ignore[arg-type]
    told: dict[str, Any] = dict(choices)
    told["facets"] = [
        search_pb.FacetSpec(field=each) if isinstance(each, str) else each
        for each in choices.get("facets", ())
    ]
    told["read_mask"] = FieldMask(paths=mask) if (mask := choices.get("read_mask")) else None
    return search_pb.SearchProductsRequest(parts=[*named, *parts], **told)


class IngestOptions(TypedDict, total=False):
    """How a stream of products is sent."""

    resume_token: str  # of an earlier ingestion of the same products: those that it settled are passed over
    patience_s: float  # how long to go on when nothing can be stored; if unset, 120
    on_back_off: Callable[[BackOff], None] | None  # is told when the suite asks for less


class Client:
    """A connection to a gateway; may be shared by threads.

    Args:
        address: "host:port" of the gateway, or any name that gRPC resolves.
        channel: a channel of your own (with TLS, say) instead; it is then yours to close.
    """

    def __init__(self, address: str = "localhost:7100", *, channel: grpc.Channel | None = None) -> None:
        self._own = None if channel else grpc.insecure_channel(address, options=OPTIONS)
        used = channel or self._own
        assert used is not None
        self._search = search_grpc.ProductSearchServiceStub(used)
        self._catalog = catalog_grpc.CatalogServiceStub(used)
        self._feedback = feedback_grpc.FeedbackServiceStub(used)
        self._maintenance = maintenance_grpc.MaintenanceServiceStub(used)
        self.upgrades = Upgrades(upgrade_grpc.UpgradeServiceStub(used), call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._own:
            self._own.close()

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

        *parts* made by `part` add weights, exclusions, vectors and several contents of one kind.

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

    def facts(self, catalog: str = "", *, timeout_s: float = TIMEOUT_S) -> catalog_pb.GetCatalogResponse:
        """Return what a catalogue can be filtered by, and its calibration."""
        return call(self._catalog.GetCatalog, catalog_pb.GetCatalogRequest(catalog=catalog), timeout_s)

    def set_calibration(
        self, calibration: catalog_pb.Calibration | None, *, catalog: str = "", timeout_s: float = TIMEOUT_S
    ) -> None:
        """Give a catalogue the curves by which it tells probabilities; None removes them."""
        request = catalog_pb.SetCalibrationRequest(catalog=catalog, calibration=calibration)
        call(self._catalog.SetCalibration, request, timeout_s)

    def delete(self, ids: Sequence[str], *, catalog: str = "", timeout_s: float = TIMEOUT_S) -> list[str]:
        """Remove up to 1000 products; return those of the ids that did not exist."""
        request = catalog_pb.DeleteProductsRequest(catalog=catalog, ids=ids)
        return list(call(self._catalog.DeleteProducts, request, timeout_s).missing_ids)

    def delete_matching(self, filter: str, *, catalog: str = "", timeout_s: float = 60.0) -> int:  # noqa: A002 - as the API names it
        """Remove every product that passes *filter*; return how many. Asking again goes on where the time ran out."""
        request = catalog_pb.DeleteProductsRequest(catalog=catalog, filter=filter)
        return int(call(self._catalog.DeleteProducts, request, timeout_s).deleted_count)

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

    def catalogs(self, *, timeout_s: float = TIMEOUT_S) -> Iterator[catalog_pb.CatalogSummary]:
        """Yield the catalogues by name; raises TriptychClientError."""
        for page in pages_of(self._catalog.ListCatalogs, catalog_pb.ListCatalogsRequest(), timeout_s):
            yield from page.catalogs

    def create_catalog(self, catalog: str, *, timeout_s: float = 60.0) -> None:
        """Make an empty catalogue; raises TriptychClientError, also when there is one of the name."""
        call(self._catalog.CreateCatalog, catalog_pb.CreateCatalogRequest(catalog=catalog), timeout_s)

    def delete_catalog(self, catalog: str, *, timeout_s: float = 60.0) -> None:
        """Remove a catalogue with all that is in it; raises TriptychClientError."""
        call(self._catalog.DeleteCatalog, catalog_pb.DeleteCatalogRequest(catalog=catalog), timeout_s)

    def check(
        self, *, catalog: str = "", repair: bool = False, timeout_s: float = 60.0
    ) -> Iterator[maintenance_pb.CheckCatalogResponse]:
        """Compare all that is kept of a catalogue with its records, and mend it if *repair*; yields a page at a time."""
        request = maintenance_pb.CheckCatalogRequest(catalog=catalog, repair=repair)
        yield from pages_of(self._maintenance.CheckCatalog, request, timeout_s)

    def export(
        self,
        *,
        filter: str = "",  # noqa: A002 - as the API names it
        catalog: str = "",
        page_size: int = 0,
        timeout_s: float = 60.0,
    ) -> Iterator[maintenance_pb.ExportProductsResponse]:
        """Yield the products that pass *filter* with all their vectors, a page at a time; raises TriptychClientError."""
        request = maintenance_pb.ExportProductsRequest(catalog=catalog, filter=filter, page_size=page_size)
        yield from pages_of(self._maintenance.ExportProducts, request, timeout_s)

    def import_products(
        self,
        products: Sequence[maintenance_pb.EncodedProduct],
        spaces: Sequence[maintenance_pb.VectorSpace],
        *,
        catalog: str = "",
        timeout_s: float = 120.0,
    ) -> list[Status]:
        """Store up to 100 products with their vectors; return what became of each, in their order: code 0 is stored."""
        request = maintenance_pb.ImportProductsRequest(catalog=catalog, products=products, spaces=spaces)
        return list(call(self._maintenance.ImportProducts, request, timeout_s).outcomes)

    def record(
        self, events: Sequence[feedback_pb.ShownEvent], *, timeout_s: float = TIMEOUT_S
    ) -> list[Status]:
        """Record what customers did, up to 1000 events; return what became of each, in their order: code 0 is recorded.

        Sending an event again is harmless. Raises TriptychClientError.
        """
        request = feedback_pb.RecordEventsRequest(events=events)
        return list(call(self._feedback.RecordEvents, request, timeout_s).outcomes)

    def events(
        self, *, catalog: str = "", page_size: int = 0, timeout_s: float = 60.0
    ) -> Iterator[feedback_pb.ShownAnswer]:
        """Yield the answers of which an event was recorded, oldest first, page by page; raises TriptychClientError."""
        request = feedback_pb.ListEventsRequest(catalog=catalog, page_size=page_size)
        for page in pages_of(self._feedback.ListEvents, request, timeout_s):
            yield from page.answers


def call(method: "grpc.UnaryUnaryMultiCallable[Any, Response]", request: Any, timeout_s: float) -> Response:
    """Call *method*; failures leave as TriptychClientError."""
    try:
        return method(request, timeout=timeout_s)
    except grpc.RpcError as error:
        raise TriptychClientError(error) from error


def pages_of(
    method: "grpc.UnaryUnaryMultiCallable[Any, Response]", request: Any, timeout_s: float
) -> Iterator[Response]:
    """Call *method* until it gives no token of a next page, and yield each page."""
    while True:
        page: Any = call(method, request, timeout_s)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
