"""What Milvus is asked for, as its messages."""

import json
from collections.abc import Sequence
from typing import Literal, get_args

from pymilvus.grpc_gen.common_pb2 import ConsistencyLevel, DslType
from pymilvus.grpc_gen.milvus_pb2 import QueryRequest, SearchRequest

from services.search.adapters.milvus.rows import placeholder
from services.search.adapters.milvus.schema import VECTOR, metric_type, pairs
from services.search.core.model import Collection
from triptych.vocabulary import choices
from triptych.vocabulary.vectors import Floats

Consistency = Literal["strong", "bounded", "eventually"]

# The level, and the time stamp by which Milvus's clients ask for it: 0 is now, 1 anything, 2 a short while ago.
GUARANTEES = {
    "strong": (ConsistencyLevel.Strong, 0),
    "eventually": (ConsistencyLevel.Eventually, 1),
    "bounded": (ConsistencyLevel.Bounded, 2),
}
LEVELS: dict[choices.Consistency, Consistency] = {
    choices.Consistency.BOUNDED: "bounded",
    choices.Consistency.STRONG: "strong",
}
assert GUARANTEES.keys() == set(get_args(Consistency))


def search_request(
    collection: Collection,
    query: Floats,
    limit: int,
    fields: Sequence[str],
    consistency: Consistency,
    *,
    condition: str,
    ef: int,
) -> SearchRequest:
    """Return the request for the *limit* rows nearest to *query* of those that *condition* selects; "" for all."""
    level, timestamp = GUARANTEES[consistency]
    return SearchRequest(
        collection_name=collection.name,
        nq=1,
        placeholder_group=placeholder(query),
        dsl=condition,
        dsl_type=DslType.BoolExprV1,
        output_fields=fields,
        search_params=pairs(
            anns_field=VECTOR,
            metric_type=metric_type(collection.space),
            topk=limit,
            round_decimal=-1,
            # HNSW must keep at least as many candidates as it is to return.
            params=json.dumps({"ef": max(ef, limit)}),
        ),
        consistency_level=level,
        guarantee_timestamp=timestamp,
    )


def query_request(
    collection: Collection,
    condition: str,
    fields: Sequence[str],
    consistency: Consistency,
    **parameters: object,
) -> QueryRequest:
    """Return the request for the *fields* of all rows that *condition* selects."""
    level, timestamp = GUARANTEES[consistency]
    return QueryRequest(
        collection_name=collection.name,
        expr=condition,
        output_fields=fields,
        query_params=pairs(**parameters),
        consistency_level=level,
        guarantee_timestamp=timestamp,
    )
