"""Catalogues as wholes through the gateway: made, listed, described, checked, removed; products page by page."""

import asyncio
import uuid

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import feedback_service_pb2 as feedback_pb
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2


@pytest.fixture
def catalog():
    return f"c{uuid.uuid4().hex[:12]}"


@pytest.fixture
def service(stubs):
    return stubs.catalog


@pytest.fixture
def maintenance(stubs):
    return stubs.maintenance


async def fill(service, catalog, count=5):
    products = [
        types_pb2.Product(id=f"p{n}", title=f"red mug {n}", brand="Acme" if n % 2 else "Other")
        for n in range(count)
    ]
    response = await service.UpsertProducts(pb.UpsertProductsRequest(catalog=catalog, products=products))
    assert not any(each.HasField("error") for each in response.results)


async def refused(call):
    """Return (code, reason, field) of a call that must fail."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status = rpc_status.from_call(caught.value)
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    field = bad.field_violations[0].field if bad.field_violations else ""
    return caught.value.code().name, info.reason, field


async def listed(service, **wishes):
    """Return the ids of each page of a list."""
    request, pages = pb.ListProductsRequest(**wishes), []
    while True:
        page = await service.ListProducts(request)
        pages.append([each.id for each in page.products])
        if not page.next_page_token:
            return pages
        request.page_token = page.next_page_token


async def test_a_catalogue_is_made_described_listed_and_removed(service, catalog):
    """It is empty at first, tells what is in it, and is gone with all of it when it is removed."""
    await service.CreateCatalog(pb.CreateCatalogRequest(catalog=catalog))
    empty = await service.GetCatalog(pb.GetCatalogRequest(catalog=catalog))
    await fill(service, catalog)
    full = await service.GetCatalog(pb.GetCatalogRequest(catalog=catalog))
    page = await service.ListCatalogs(pb.ListCatalogsRequest(page_size=1000))

    assert 0 == empty.product_count
    assert 5 == full.product_count
    assert {types_pb2.SEARCH_SPACE_FUSED: 5, types_pb2.SEARCH_SPACE_TEXT: 5} == {
        each.space: each.vector_count for each in full.spaces
    }
    assert {full.pack} == {each.id.rpartition("/")[0] for each in full.spaces}
    assert full.pack in {each.pack for each in page.catalogs if each.catalog == catalog}

    await service.DeleteCatalog(pb.DeleteCatalogRequest(catalog=catalog))

    gone = ("NOT_FOUND", "CATALOG_NOT_FOUND", "catalog")
    assert gone == await refused(service.GetCatalog(pb.GetCatalogRequest(catalog=catalog)))
    assert gone == await refused(service.DeleteCatalog(pb.DeleteCatalogRequest(catalog=catalog)))
    assert gone == await refused(service.GetProduct(pb.GetProductRequest(catalog=catalog, id="p1")))
    await service.CreateCatalog(pb.CreateCatalogRequest(catalog=catalog))
    assert [[]] == await listed(service, catalog=catalog)


async def test_a_catalogue_is_made_once(service, catalog):
    """Making it again is ALREADY_EXISTS, and leaves it as it is; of two at the same time one makes it."""
    request = pb.CreateCatalogRequest(catalog=catalog)
    outcomes = await asyncio.gather(
        *(service.CreateCatalog(request) for _ in range(2)), return_exceptions=True
    )
    await fill(service, catalog, 1)

    assert 1 == sum(isinstance(each, grpc.aio.AioRpcError) for each in outcomes)
    assert ("ALREADY_EXISTS", "CATALOG_EXISTS", "catalog") == await refused(service.CreateCatalog(request))
    assert [["p0"]] == await listed(service, catalog=catalog)


async def test_catalogues_are_listed_page_by_page(service, catalog):
    """A chain of pages has each catalogue once, by name."""
    names = [f"{catalog}_{n}" for n in range(3)]
    for name in names:
        await service.CreateCatalog(pb.CreateCatalogRequest(catalog=name))
    request, found = pb.ListCatalogsRequest(page_size=2), []
    while True:
        page = await service.ListCatalogs(request)
        found += [each.catalog for each in page.catalogs]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert sorted(found) == found
    assert names == [each for each in found if each in names]


async def test_products_are_listed_page_by_page(service, catalog):
    """Every product once, also when others are written and removed in between; a filter holds; a mask is kept to."""
    await fill(service, catalog, 6)
    request = pb.ListProductsRequest(catalog=catalog, page_size=2)
    first = await service.ListProducts(request)
    await service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog, ids=["p1", "p4"]))
    request.page_token = first.next_page_token
    request.page_size = 10
    rest = await service.ListProducts(request)

    assert ["p0", "p1"] == [each.id for each in first.products]
    assert ["p2", "p3", "p5"] == [each.id for each in rest.products]
    assert [["p3", "p5"]] == await listed(service, catalog=catalog, filter='brand = "Acme"')
    masked = await service.ListProducts(
        pb.ListProductsRequest(catalog=catalog, read_mask=FieldMask(paths=["title"]))
    )
    assert [types_pb2.Product(title="red mug 0")] == masked.products[:1]


async def test_products_are_removed_by_a_filter(service, catalog):
    """All that pass it, more than a page of them, and no others; searches do not find them any more."""
    for start in range(0, 600, 100):
        products = [
            types_pb2.Product(id=f"p{n}", title="red mug", brand="old") for n in range(start, start + 100)
        ]
        await service.UpsertProducts(pb.UpsertProductsRequest(catalog=catalog, products=products))
    await fill(service, catalog, 2)

    response = await service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog, filter='brand = "old"'))

    assert 598 == response.deleted_count
    assert [["p0", "p1"]] == await listed(service, catalog=catalog)


async def test_removal_counts_what_was_there(service, catalog):
    """Of the ids that are named, those that did not exist are told."""
    await fill(service, catalog, 2)

    response = await service.DeleteProducts(
        pb.DeleteProductsRequest(catalog=catalog, ids=["p0", "p0", "nothing"])
    )

    assert (["nothing"], 1) == (list(response.missing_ids), response.deleted_count)


async def test_what_customers_did_goes_with_the_catalogue(service, stubs, catalog):
    """A catalogue that is made again under the name knows nothing of the events of the old one."""
    await fill(service, catalog, 2)
    found = await stubs.search.SearchProducts(
        search_pb.SearchProductsRequest(catalog=catalog, parts=[search_pb.QueryPart(text="red mug")])
    )
    event = feedback_pb.ShownEvent(
        attribution_token=found.attribution_token,
        event_id=uuid.uuid4().hex,
        product_id="p0",
        type=types_pb2.EVENT_TYPE_CLICKED,
    )
    recorded = await stubs.feedback.RecordEvents(feedback_pb.RecordEventsRequest(events=[event]))
    before = await stubs.feedback.ListEvents(feedback_pb.ListEventsRequest(catalog=catalog))

    await service.DeleteCatalog(pb.DeleteCatalogRequest(catalog=catalog))

    after = await stubs.feedback.ListEvents(feedback_pb.ListEventsRequest(catalog=catalog))
    assert [0] == [each.code for each in recorded.outcomes]
    assert (1, 0) == (len(before.answers), len(after.answers))


async def test_a_whole_catalogue_has_nothing_to_mend(service, maintenance, catalog):
    """All pages of a check, in the catalogue as it was written."""
    await fill(service, catalog, 5)
    request, found, checked = maintenance_pb.CheckCatalogRequest(catalog=catalog, page_size=2), [], {}
    while True:
        page = await maintenance.CheckCatalog(request)
        found += page.inconsistencies
        for where, count in page.checked.items():
            checked[where] = checked.get(where, 0) + count
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert [] == found
    assert {"records": 5, "text": 5, "image": 0, "audio": 0, "words": 5} == checked


async def test_bad_input_is_refused_with_its_field(service, maintenance, catalog):
    """What is wrong is named, and nothing is changed by it."""
    await fill(service, catalog, 1)
    other = await service.ListProducts(
        pb.ListProductsRequest(catalog=catalog, page_size=1, filter="popularity < 1")
    )
    token = (await service.ListCatalogs(pb.ListCatalogsRequest(page_size=1))).next_page_token
    listing = pb.ListProductsRequest
    cases = [
        (service.CreateCatalog(pb.CreateCatalogRequest()), "FIELD_INVALID", "catalog"),
        (service.CreateCatalog(pb.CreateCatalogRequest(catalog="Upper")), "FIELD_INVALID", "catalog"),
        (service.DeleteCatalog(pb.DeleteCatalogRequest()), "FIELD_INVALID", "catalog"),
        (service.ListCatalogs(pb.ListCatalogsRequest(page_size=-1)), "FIELD_INVALID", "page_size"),
        (service.ListCatalogs(pb.ListCatalogsRequest(page_token="x")), "PAGE_TOKEN_INVALID", "page_token"),
        (service.ListProducts(listing(catalog=catalog, page_size=-1)), "FIELD_INVALID", "page_size"),
        (service.ListProducts(listing(catalog=catalog, page_token="x")), "PAGE_TOKEN_INVALID", "page_token"),
        (
            service.ListProducts(listing(catalog=catalog, page_token=token)),
            "PAGE_TOKEN_INVALID",
            "page_token",
        ),
        (service.ListProducts(listing(catalog=catalog, filter="brand =")), "FILTER_INVALID", "filter"),
        (
            service.ListProducts(listing(catalog=catalog, read_mask=FieldMask(paths=["nothing"]))),
            "FIELD_INVALID",
            "read_mask",
        ),
        (service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog)), "FIELD_INVALID", "ids"),
        (
            service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog, ids=["a"], filter="price < 1")),
            "FIELD_INVALID",
            "ids",
        ),
        (
            service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog, filter="nothing = 1")),
            "FILTER_INVALID",
            "filter",
        ),
        (
            service.DeleteProducts(pb.DeleteProductsRequest(catalog=catalog, filter="  ")),
            "FILTER_INVALID",
            "filter",
        ),
        (
            maintenance.CheckCatalog(maintenance_pb.CheckCatalogRequest(catalog=catalog, page_token="x")),
            "PAGE_TOKEN_INVALID",
            "page_token",
        ),
    ]
    for call, reason, field in cases:
        assert ("INVALID_ARGUMENT", reason, field) == await refused(call)
    assert [["p0"]] == await listed(service, catalog=catalog)
    assert "" == other.next_page_token
