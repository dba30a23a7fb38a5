"""Catalogues as wholes, as the client sees them."""

from gateway.core.keeping import Page
from gateway.core.model.keeping import CatalogDescription, CheckPage
from gateway.core.sweeping import Swept
from gateway.translate.catalogs import calibration
from triptych.v1 import catalog_service_pb2 as catalog_pb
from triptych.v1 import maintenance_service_pb2 as maintenance_pb
from triptych.v1 import types_pb2

PRODUCTS_DEFAULT, PRODUCTS_MAX = 50, 250
CATALOGS_DEFAULT, CATALOGS_MAX = 100, 1000
CHECKED_DEFAULT, CHECKED_MAX = 500, 1000


def page_size(asked: int, default: int, most: int) -> int:
    """Return how many are meant: 0 is the *default*, more than *most* is that."""
    return min(asked or default, most)


def list_response(page: Page) -> catalog_pb.ListCatalogsResponse:
    """Return a page of catalogues."""
    return catalog_pb.ListCatalogsResponse(
        catalogs=[catalog_pb.CatalogSummary(catalog=name, pack=pack) for name, pack in page.items],
        next_page_token=page.next_token,
    )


def catalog_response(catalog: str, described: CatalogDescription) -> catalog_pb.GetCatalogResponse:
    """Return what *catalog* is like."""
    record = described.spaces[0]
    return catalog_pb.GetCatalogResponse(
        catalog=catalog,
        attributes={
            name: catalog_pb.AttributeKinds(kinds=kinds) for name, kinds in described.facts.attributes.items()
        },
        calibration=calibration(described.facts.calibration),
        product_count=record.vectors,
        pack=record.space.pack,
        spaces=[
            catalog_pb.CatalogSpace(
                space=types_pb2.SearchSpace.ValueType(each.kind),
                id=each.space.id,
                dimension=each.space.dimension,
                metric=types_pb2.SimilarityMetric.ValueType(each.space.metric),
                vector_count=each.vectors,
                index=each.index,
            )
            for each in described.spaces
        ],
    )


def check_response(page: CheckPage) -> maintenance_pb.CheckCatalogResponse:
    """Return what a page of a check found."""
    return maintenance_pb.CheckCatalogResponse(
        inconsistencies=[
            maintenance_pb.Inconsistency(
                kind=maintenance_pb.Inconsistency.Kind.ValueType(each.kind),
                product_id=each.product_id,
                space=types_pb2.SearchSpace.ValueType(each.space or 0),
                view=each.view,
                repaired=each.repaired,
            )
            for each in page.found
        ],
        checked=page.checked,
        next_page_token=page.next_token,
    )


def sweep_response(page: Swept) -> maintenance_pb.SweepMediaResponse:
    """Return what a page of a sweep found."""
    return maintenance_pb.SweepMediaResponse(
        product_count=page.products,
        lost_content_ids=page.lost,
        unnamed_content_ids=page.unnamed,
        removed_count=page.removed,
        next_page_token=page.next_token,
    )
