"""What Milvus says of a collection."""

from typing import Any

from pymilvus.grpc_gen.milvus_pb2 import DescribeCollectionRequest

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal


async def described(connection: MilvusConnection, name: str) -> Any | None:
    """Return what Milvus says of the collection *name*, or of that behind an alias; None where there is none."""
    try:
        return await connection.call("DescribeCollection", DescribeCollectionRequest(collection_name=name))
    except MilvusRefusal as refusal:
        if refusal.code == COLLECTION_NOT_FOUND:
            return None
        raise


def properties_in(response: Any) -> dict[str, str]:
    """Return the properties in an answer of `described`."""
    return {pair.key: pair.value for pair in response.properties}
