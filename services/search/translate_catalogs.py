"""Catalogues as wholes: between the messages of search_service.proto and the core's types."""

from collections.abc import Iterable, Mapping, Sequence

from services.search.core.catalogs import Kept
from services.search.core.checking import Checked
from services.search.core.listing import Listed, Wish
from services.search.core.model import Collection
from services.search.translate_facts import description_message
from services.search.translate_records import record_message
from triptych.internal.v1 import search_service_pb2 as messages
from triptych.runtime import wire
from triptych.v1 import maintenance_service_pb2, types_pb2
from triptych.v1.types_pb2 import Product
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.vectors import Space


def views_of(packed: bytes) -> dict[SpaceKind, int]:
    """Return how many vectors of each kind beside the record's the serialised triptych.v1.Product *packed* has."""
    product = Product.FromString(packed)
    has_text = bool(product.title.strip() or product.description.strip())
    return {
        SpaceKind.TEXT: int(has_text),
        SpaceKind.IMAGE: len(product.images),
        SpaceKind.AUDIO: len(product.audio),
    }


def wish_of(request: messages.ListRecordsRequest) -> Wish:
    """Return the page that is asked for."""
    return Wish(
        request.catalog,
        request.limit,
        request.after_id,
        request.filter,
        with_products=request.with_products,
        with_vectors=request.with_vectors,
    )


def listed_message(listed: Listed) -> messages.ListRecordsResponse:
    """Return a page of products."""
    return messages.ListRecordsResponse(
        products=[record_message(each) for each in listed.products],
        spaces=_spaces(listed.collections),
        next_after_id=listed.next_after_id,
    )


def described_message(kept: Sequence[Kept]) -> messages.DescribeCatalogResponse:
    """Return what a catalogue is like; the first of *kept* is the collection of its records."""
    described = description_message(kept[0].collection)
    described.spaces.extend(
        messages.KeptSpace(
            kind=kind_message(each.collection.kind),
            space=wire.space_message(each.collection.space),
            vector_count=each.vectors or 0,
            index=each.collection.name,
        )
        for each in kept
    )
    return described


def checked_message(checked: Checked) -> messages.CheckCatalogResponse:
    """Return a page of a check."""
    return messages.CheckCatalogResponse(
        inconsistencies=[
            maintenance_service_pb2.Inconsistency(
                kind=maintenance_service_pb2.Inconsistency.Kind.ValueType(each.kind),
                product_id=each.product_id,
                space=types_pb2.SearchSpace.ValueType(each.space or 0),
                view=each.view,
                repaired=each.repaired,
            )
            for each in checked.found
        ],
        checked={checked.phase: checked.rows},
        next_page_token=checked.next.pack() if checked.next else "",
    )


def catalogs_message(
    catalogs: Mapping[str, Mapping[SpaceKind, Space]], unreadable: Iterable[str]
) -> messages.ListCatalogsResponse:
    """Return the spaces of every catalogue, and the names of those that cannot be read."""
    return messages.ListCatalogsResponse(
        unreadable=unreadable,
        catalogs=[
            messages.CatalogSpaces(
                catalog=catalog,
                spaces=[_space(kind, space) for kind, space in spaces.items()],
            )
            for catalog, spaces in catalogs.items()
        ],
    )


def kind_message(kind: SpaceKind) -> types_pb2.SearchSpace.ValueType:
    """Return a kind in its wire form."""
    return types_pb2.SearchSpace.ValueType(kind)


def _spaces(collections: Iterable[Collection]) -> list[messages.SpaceOfKind]:
    return [_space(each.kind, each.space) for each in collections]


def _space(kind: SpaceKind, space: Space) -> messages.SpaceOfKind:
    return messages.SpaceOfKind(kind=kind_message(kind), space=wire.space_message(space))
