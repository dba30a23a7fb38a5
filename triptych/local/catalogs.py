"""Which catalogues of the running suite were made by another pack than the one that is to serve."""

import grpc

from triptych.internal.v1 import search_service_pb2 as messages
from triptych.internal.v1.search_service_pb2_grpc import SearchServiceStub
from triptych.packs.pack import Pack
from triptych.vocabulary.vectors import pack_of

TIMEOUT_S = 10.0
# Catalogues of `triptych evaluate`, which are emptied when it is done: nobody searches them again.
EVALUATION = "evaluation_"
_OPTIONS = [("grpc.enable_http_proxy", 0)]


class CatalogsUnknown(Exception):
    """The search room does not say which catalogues there are."""


def misfits(address: str, pack: Pack) -> dict[str, str]:
    """Return the catalogues that *pack* cannot search, by name, each with what made it: "shop-1, 128 dimensions".

    Raises:
        CatalogsUnknown: the search room at *address* does not answer.
    """
    with grpc.insecure_channel(address, options=_OPTIONS) as channel:
        try:
            answer = SearchServiceStub(channel).ListCatalogs(
                messages.ListCatalogsRequest(), timeout=TIMEOUT_S
            )
        except grpc.RpcError as error:
            raise CatalogsUnknown(str(error.details())) from error
    return {
        catalog.catalog: f"{pack_of(each.space.id)}, {each.space.dimension} dimensions"
        for catalog in answer.catalogs
        for each in catalog.spaces
        if not catalog.catalog.startswith(EVALUATION)
        and (pack_of(each.space.id), each.space.dimension) != (pack.id, pack.dimension)
    }
