"""A gateway of fake services in a thread of its own, for commands that block."""

import time
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from triptych.runtime.errors import to_status
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import catalog_service_pb2_grpc as catalog_grpc
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import feedback_service_pb2_grpc as feedback_grpc
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import maintenance_service_pb2_grpc as maintenance_grpc
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import product_search_service_pb2_grpc as search_grpc
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Aborted, InvalidArgument, NotFound, Reason


class FakeGateway(
    search_grpc.ProductSearchServiceServicer,
    catalog_grpc.CatalogServiceServicer,
    feedback_grpc.FeedbackServiceServicer,
    maintenance_grpc.MaintenanceServiceServicer,
):
    """Keeps products in a dict; refuses titles called "bad"; answers every search with all of them and `answer`."""

    def __init__(self):
        self.products: dict[str, types_pb2.Product] = {}
        self.searches: list[search_pb.SearchProductsRequest] = []
        self.answers: list[feedback_pb.ShownAnswer] = []
        self.recorded: list[feedback_pb.ShownEvent] = []
        self.listings: list[feedback_pb.ListEventsRequest] = []
        self.recommendations: list[search_pb.RecommendProductsRequest] = []
        self.batches: list[list[str]] = []
        self.updates: list[Any] = []
        self.breaks_on = ""
        self.attribute = "colour"
        self.unknown = False
        self.made: list[str] = []
        self.inconsistencies: list[maintenance_pb.Inconsistency] = []
        self.unnamed: list[str] = []
        self.window, self.pause_s = 64, 0.0
        self.calibration = catalog_pb.Calibration()
        self.answers = None
        self.answer = search_pb.SearchProductsResponse()

    def SearchProducts(self, request, context):
        self.searches.append(request)
        if self.answers:
            return self.answers(request)
        if request.catalog == "nowhere":
            context.abort_with_status(
                rpc_status.to_status(
                    to_status(
                        NotFound("No such catalogue.", reason=Reason.CATALOG_NOT_FOUND, field="catalog")
                    )
                )
            )
        response = search_pb.SearchProductsResponse(
            results=[search_pb.SearchResult(product=p, score=0.5) for p in self.products.values()]
        )
        response.MergeFrom(self.answer)
        response.interpretation.path = search_pb.QueryInterpretation.PATH_SINGLE_MODALITY
        response.stages.add(stage="encode", duration=Duration(nanos=2_000_000))
        return response

    def SuggestQueries(self, request, context):
        titles = sorted(each.title for each in self.products.values() if each.title.startswith(request.text))
        return search_pb.SuggestQueriesResponse(
            suggestions=[
                search_pb.QuerySuggestion(text=each, product_count=1) for each in titles[: request.limit]
            ]
        )

    def RecognizeProduct(self, request, context):
        response = search_pb.RecognizeProductResponse(
            known_probability=0.25 if request.image.data == b"other" else 0.75,
            nothing_like_it=request.image.data == b"other",
            categories=[search_pb.RecognizedValue(value="mug", probability=0.5)],
            attributes={"colour": search_pb.RecognizedValue(value="red", probability=0.625)},
            calibrated=request.HasField("region"),
        )
        for product in list(self.products.values())[: request.matches]:
            response.matches.add(product=product, probability=0.375, similarity=0.875).best_view.index = 1
        return response

    def RecordEvents(self, request, context):
        self.recorded += request.events
        return feedback_pb.RecordEventsResponse(outcomes=[Status() for _ in request.events])

    def ListEvents(self, request, context):
        self.listings.append(request)
        start = int(request.page_token or 0)
        token = "3" if start == 0 and len(self.answers) > 3 else ""
        return feedback_pb.ListEventsResponse(answers=self.answers[start : start + 3], next_page_token=token)

    def RecommendProducts(self, request, context):
        self.recommendations.append(request)
        response = search_pb.RecommendProductsResponse(events_used=len(request.events))
        if request.events:
            response.interests.add(product_id=request.events[0].product_id, weight=0.75)
            response.results.add(
                product=types_pb2.Product(id="mug-7", title="Red [mug]"),
                score=2.5,
                reason=search_pb.Recommendation.REASON_INTEREST,
                interest=0,
            )
        return response

    def DescribeImage(self, request, context):
        return search_pb.DescribeImageResponse(
            description=f"A picture of {len(request.image.data)} bytes.", confidence=0.5
        )

    def TranscribeAudio(self, request, context):
        if not request.audio.data:
            return search_pb.TranscribeAudioResponse(confidence=0.125)
        heard = [
            search_pb.Constraint(name="category", value="mug"),
            search_pb.Constraint(name="colour", value="red", operator=search_pb.Constraint.OPERATOR_IS),
            search_pb.Constraint(
                name="material", value="leather", operator=search_pb.Constraint.OPERATOR_IS_NOT
            ),
            search_pb.Constraint(name="price", value="50", operator=search_pb.Constraint.OPERATOR_AT_MOST),
        ]
        return search_pb.TranscribeAudioResponse(transcript="red mug", confidence=0.75, constraints=heard)

    def UpsertProducts(self, request, context):
        self.batches.append([product.id for product in request.products])
        if self.breaks_on in self.batches[-1]:
            context.abort(grpc.StatusCode.INTERNAL, "broken")
        response = catalog_pb.UpsertProductsResponse()
        for product in request.products:
            result = response.results.add(id=product.id)
            if product.title == "bad":
                result.error.CopyFrom(to_status(InvalidArgument("Bad title.", reason=Reason.FIELD_INVALID)))
            else:
                self.products[product.id] = product
        return response

    def IngestProducts(self, requests, context):
        last = 0
        yield catalog_pb.IngestProductsResponse(
            started=catalog_pb.IngestProductsResponse.Started(next_sequence=1, window=self.window)
        )
        for request in requests:
            if request.HasField("start"):
                continue
            told = catalog_pb.IngestProductsResponse()
            for item in request.items.items:
                last = item.sequence
                time.sleep(self.pause_s)
                ack = told.acks.acks.add(sequence=last)
                asked = catalog_pb.UpsertProductsRequest(products=[item.product])
                ack.result.CopyFrom(self.UpsertProducts(asked, context).results[0])
            told.acks.window, told.acks.resume_token = self.window, str(last)
            yield told
        yield catalog_pb.IngestProductsResponse(finished=catalog_pb.IngestProductsResponse.Finished())

    def GetProduct(self, request, context):
        if request.id not in self.products:
            context.abort_with_status(
                rpc_status.to_status(
                    to_status(NotFound("No such product.", reason=Reason.PRODUCT_NOT_FOUND, field="id"))
                )
            )
        return catalog_pb.GetProductResponse(product=self.products[request.id])

    def UpdateProduct(self, request, context):
        self.updates.append(request)
        if request.product.etag not in {"", "known"}:
            context.abort_with_status(
                rpc_status.to_status(
                    to_status(Aborted("Another one now.", reason=Reason.ETAG_MISMATCH, field="product.etag"))
                )
            )
        kept = [each for each in request.update_mask.paths if each == "brand"]
        is_late = kept == list(request.update_mask.paths)
        return catalog_pb.UpdateProductResponse(etag="new", superseded=is_late, superseded_paths=kept)

    def UpdateProducts(self, request, context):
        self.updates.append(request)
        results = [catalog_pb.UpsertProductResult(id=each.product.id) for each in request.updates]
        return catalog_pb.UpdateProductsResponse(results=results)

    def GetCatalog(self, request, context):
        if self.unknown:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such catalogue")
        fused = catalog_pb.CatalogSpace(
            space=types_pb2.SEARCH_SPACE_FUSED,
            dimension=256,
            vector_count=len(self.products),
            index="shop__1",
        )
        return catalog_pb.GetCatalogResponse(
            catalog=request.catalog,
            calibration=self.calibration,
            product_count=len(self.products),
            pack="demo-1",
            spaces=[fused],
            attributes={self.attribute: catalog_pb.AttributeKinds(kinds=["string"])},
        )

    def CreateCatalog(self, request, context):
        self.made.append(request.catalog)
        return catalog_pb.CreateCatalogResponse()

    def ListCatalogs(self, request, context):
        start = int(request.page_token or 0)
        names = self.made[start : start + 1]
        return catalog_pb.ListCatalogsResponse(
            catalogs=[catalog_pb.CatalogSummary(catalog=each, pack="demo-1") for each in names],
            next_page_token=str(start + 1) if start + 1 < len(self.made) else "",
        )

    def DeleteCatalog(self, request, context):
        self.made.remove(request.catalog)
        return catalog_pb.DeleteCatalogResponse()

    def CheckCatalog(self, request, context):
        if not request.page_token:
            return maintenance_pb.CheckCatalogResponse(checked={"records": 3}, next_page_token="more")
        found = [each for each in self.inconsistencies if not request.repair or each.repaired]
        return maintenance_pb.CheckCatalogResponse(inconsistencies=found, checked={"words": 4})

    def SweepMedia(self, request, context):
        if not request.page_token:
            return maintenance_pb.SweepMediaResponse(product_count=3, next_page_token="more")
        return maintenance_pb.SweepMediaResponse(
            unnamed_content_ids=self.unnamed, removed_count=len(self.unnamed) if request.remove else 0
        )

    def SetCalibration(self, request, context):
        self.calibration = request.calibration
        return catalog_pb.SetCalibrationResponse()

    def DeleteProducts(self, request, context):
        if request.filter:
            count = len(self.products)
            self.products.clear()
            return catalog_pb.DeleteProductsResponse(deleted_count=count)
        missing = [i for i in request.ids if self.products.pop(i, None) is None]
        return catalog_pb.DeleteProductsResponse(missing_ids=missing)


@pytest.fixture
def gateway():
    """A FakeGateway that listens at `.address`."""
    fake = FakeGateway()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    search_grpc.add_ProductSearchServiceServicer_to_server(fake, server)
    catalog_grpc.add_CatalogServiceServicer_to_server(fake, server)
    feedback_grpc.add_FeedbackServiceServicer_to_server(fake, server)
    maintenance_grpc.add_MaintenanceServiceServicer_to_server(fake, server)
    fake.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield fake
    server.stop(None).wait()
