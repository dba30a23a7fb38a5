"""One tenant never sees another's: every RPC, asked for one catalogue, with everything that names another's products.

Both catalogues have products of the same ids and words. What belongs to the other one alone is marked by a word that stands
in no request, so that it can only come from its products.
"""

import uuid
from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.public_rpcs import FILES, METHODS
from triptych.v1 import types_pb2

MARK = "theirsalone"
IDS = ("p0", "p1", "p2")
# Of their catalogue alone.
THEIR_IDS = ("t0", "t1")
# What has no catalogue.
STATELESS = {"DescribeImage", "TranscribeAudio"}
# The operator's: it tells of what is no product's, in no catalogue.
OPERATORS = {"SweepMedia"}
# Names only: the lists of catalogues and of upgrades are the operator's.
NAMES_ONLY = {"ListCatalogs", "ListUpgrades"}

catalog_pb, feedback_pb, maintenance_pb, search_pb, upgrade_pb = FILES


def product(product_id: str, word: str) -> types_pb2.Product:
    """A red mug; its brand and an attribute are the *word*."""
    made = types_pb2.Product(id=product_id, title=f"red mug {word}", brand=word, category="mug", popularity=5)
    made.attributes[f"of_{word}"].string_value = word
    return made


@pytest.fixture
async def tenants(stubs):
    """Mine and theirs, and tokens that theirs gave."""
    mine, theirs = f"m{uuid.uuid4().hex[:12]}", f"t{uuid.uuid4().hex[:12]}"
    for name, word, ids in ((mine, "mine", IDS), (theirs, MARK, (*IDS, *THEIR_IDS))):
        request = catalog_pb.UpsertProductsRequest(
            catalog=name, products=[product(each, word) for each in ids]
        )
        response = await stubs.catalog.UpsertProducts(request)
        assert not any(each.HasField("error") for each in response.results)
    found = await stubs.search.SearchProducts(
        search_pb.SearchProductsRequest(
            catalog=theirs, parts=[search_pb.QueryPart(text="red mug")], page_size=1
        )
    )
    listed = await stubs.catalog.ListProducts(catalog_pb.ListProductsRequest(catalog=theirs, page_size=1))
    event = feedback_pb.ShownEvent(
        attribution_token=found.attribution_token,
        event_id=uuid.uuid4().hex,
        product_id=found.results[0].product.id,
        type=types_pb2.EVENT_TYPE_CLICKED,
    )
    assert [0] == [
        each.code
        for each in (
            await stubs.feedback.RecordEvents(feedback_pb.RecordEventsRequest(events=[event]))
        ).outcomes
    ]
    return mine, theirs, found.next_page_token, listed.next_page_token


def requests(mine: str, page_token: str, list_token: str) -> dict[str, list]:
    """What is asked for *mine*, by the name of the RPC; tokens and ids are theirs."""
    text, like = search_pb.QueryPart(text="red mug"), search_pb.QueryPart(product_id=THEIR_IDS[0])
    now = Timestamp()
    now.GetCurrentTime()
    events = [
        search_pb.CustomerEvent(type=types_pb2.EVENT_TYPE_BOUGHT, product_id=each, time=now)
        for each in (*IDS, *THEIR_IDS)
    ]
    photo = types_pb2.Media(data=b"red mug")
    changed = types_pb2.Product(id=THEIR_IDS[0], brand="stolen")
    return {
        "SearchProducts": [
            search_pb.SearchProductsRequest(catalog=mine, parts=[text], page_size=100),
            search_pb.SearchProductsRequest(catalog=mine, parts=[text], page_size=1, page_token=page_token),
            search_pb.SearchProductsRequest(catalog=mine, parts=[text, like]),
            search_pb.SearchProductsRequest(catalog=mine, parts=[text], filter=f'brand = "{MARK[:-1]}"'),
            search_pb.SearchProductsRequest(
                catalog=mine, parts=[text], facets=[search_pb.FacetSpec(field="brand")], explain=3
            ),
            search_pb.SearchProductsRequest(catalog=mine, parts=[search_pb.QueryPart(text="theirsalon")]),
        ],
        "SuggestQueries": [
            search_pb.SuggestQueriesRequest(catalog=mine, text=MARK[:3]),
            search_pb.SuggestQueriesRequest(catalog=mine, text="red mug t"),
        ],
        "RecommendProducts": [
            search_pb.RecommendProductsRequest(catalog=mine, events=events, include_bought=True),
            search_pb.RecommendProductsRequest(catalog=mine),
        ],
        "RecognizeProduct": [search_pb.RecognizeProductRequest(catalog=mine, image=photo, matches=20)],
        "UpsertProducts": [
            catalog_pb.UpsertProductsRequest(catalog=mine, products=[product(THEIR_IDS[1], "mine")])
        ],
        "UpdateProduct": [
            catalog_pb.UpdateProductRequest(catalog=mine, product=changed, update_mask={"paths": ["brand"]})
        ],
        "UpdateProducts": [
            catalog_pb.UpdateProductsRequest(
                catalog=mine,
                updates=[catalog_pb.ProductUpdate(product=changed, update_mask={"paths": ["brand"]})],
            )
        ],
        "GetProduct": [catalog_pb.GetProductRequest(catalog=mine, id=each) for each in (*IDS, *THEIR_IDS)],
        "ListProducts": [
            catalog_pb.ListProductsRequest(catalog=mine),
            catalog_pb.ListProductsRequest(catalog=mine, page_token=list_token),
        ],
        "DeleteProducts": [
            catalog_pb.DeleteProductsRequest(catalog=mine, ids=THEIR_IDS),
            catalog_pb.DeleteProductsRequest(catalog=mine, filter='category = "mug"'),
        ],
        "GetCatalog": [catalog_pb.GetCatalogRequest(catalog=mine)],
        "SetCalibration": [catalog_pb.SetCalibrationRequest(catalog=mine)],
        "CreateCatalog": [catalog_pb.CreateCatalogRequest(catalog=mine)],
        "ListEvents": [feedback_pb.ListEventsRequest(catalog=mine)],
        # An event belongs to the catalogue of its token.
        "RecordEvents": [
            feedback_pb.RecordEventsRequest(
                events=[
                    feedback_pb.ShownEvent(
                        attribution_token=page_token, event_id="x", product_id="p0", type=1
                    )
                ]
            )
        ],
        "ExportProducts": [
            maintenance_pb.ExportProductsRequest(catalog=mine),
            maintenance_pb.ExportProductsRequest(catalog=mine, page_token=list_token),
        ],
        "ImportProducts": [
            maintenance_pb.ImportProductsRequest(
                catalog=mine,
                spaces=[{"space": 1, "id": "other-1/fused", "dimension": 4, "metric": 1}],
                products=[{"product": product(THEIR_IDS[0], "mine")}],
            )
        ],
        "CheckCatalog": [maintenance_pb.CheckCatalogRequest(catalog=mine, repair=True)],
        "IngestProducts": [
            catalog_pb.IngestProductsRequest(
                items={"items": [{"sequence": 1, "product": product(THEIR_IDS[0], "mine")}]}
            )
        ],
        **{
            f"{rpc}Upgrade": [getattr(upgrade_pb, f"{rpc}UpgradeRequest")(catalog=mine)]
            for rpc in ("Start", "Get", "Switch", "RollBack", "Finish", "Cancel")
        },
        # Last of all.
        "DeleteCatalog": [catalog_pb.DeleteCatalogRequest(catalog=mine)],
    }


def methods() -> dict[str, str]:
    """Return the public RPCs: the service of each."""
    return {method.name: method.containing_service.name for method in METHODS.values()}


def test_every_rpc_is_tried():
    """An RPC that nobody tries here would be found out by a tenant."""
    assert set(methods()) == set(requests("mine", "", "")) | STATELESS | NAMES_ONLY | OPERATORS


async def told(stub, request, catalog: str) -> str:
    """Return all that a call says, errors included."""
    try:
        if request.DESCRIPTOR.name == "IngestProductsRequest":
            return "".join([str(each) async for each in stub(stream(request, catalog))])
        return str(await stub(request))
    except grpc.aio.AioRpcError as error:
        return f"{error.code()} {error.details()} {error.trailing_metadata()}"


async def stream(items, catalog: str) -> AsyncIterator[catalog_pb.IngestProductsRequest]:
    """A stream of *items*."""
    yield catalog_pb.IngestProductsRequest(start={"catalog": catalog})
    yield items


async def kept(stubs, catalog: str) -> list[types_pb2.Product]:
    """Return all products of *catalog*."""
    page = await stubs.catalog.ListProducts(catalog_pb.ListProductsRequest(catalog=catalog))
    return list(page.products)


async def test_no_rpc_shows_or_changes_what_is_another_tenants(stubs, tenants):
    """Whatever is asked, nothing of theirs is told, and their products, events and catalogue stay as they were."""
    mine, theirs, page_token, list_token = tenants
    before = await kept(stubs, theirs)
    assert any(MARK in str(each) for each in before)
    by_service = {
        "ProductSearchService": stubs.search,
        "CatalogService": stubs.catalog,
        "FeedbackService": stubs.feedback,
        "MaintenanceService": stubs.maintenance,
        "UpgradeService": stubs.upgrades,
    }
    services = methods()
    for name, asked in requests(mine, page_token, list_token).items():
        for request in asked:
            answer = await told(getattr(by_service[services[name]], name), request, mine)
            assert MARK not in answer, f"{name}: {request}"
            assert "StatusCode.INTERNAL" not in answer, f"{name}: {request}"

    assert before == await kept(stubs, theirs)
    events = await stubs.feedback.ListEvents(feedback_pb.ListEventsRequest(catalog=theirs))
    assert 1 == len(events.answers)
    described = await stubs.catalog.GetCatalog(catalog_pb.GetCatalogRequest(catalog=theirs))
    assert (len(IDS) + len(THEIR_IDS), [f"of_{MARK}"]) == (
        described.product_count,
        list(described.attributes),
    )
