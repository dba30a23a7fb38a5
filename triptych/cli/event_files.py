"""Recorded events as files: LETOR rows for ranking networks, JSON Lines of judgements for calibration."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from triptych.v1 import feedback_service_pb2 as pb
from triptych.v1 import types_pb2

# How much a product is worth to a customer, by the most that was done with it; what is disliked is worth nothing.
GRADES: Mapping[int, int] = {
    types_pb2.EVENT_TYPE_VIEWED: 1,
    types_pb2.EVENT_TYPE_CLICKED: 2,
    types_pb2.EVENT_TYPE_CARTED: 3,
    types_pb2.EVENT_TYPE_BOUGHT: 4,
}
WITHOUT_QUERY = frozenset({"recommendation", "browse"})
# What curves weigh; networks know the cosine by the name of its space.
CURVE_VALUES = ("cosine", "lexical", "gap")
CURVES_ALONE = frozenset({"cosine", "gap"})


def features_of(answers: Iterable[pb.ShownAnswer]) -> list[str]:
    """Return the names of the features that a ranking network can learn from, sorted."""
    names = {name for answer in searches(answers) for name in answer.features}
    return sorted(names - CURVES_ALONE)


def write_letor(answers: Iterable[pb.ShownAnswer], names: Sequence[str], path: Path) -> int:
    """Write a row for each product of each search; return how many searches there were."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(f"# features: {','.join(names)}\n")
        for answer in searches(answers):
            count += 1
            for product in answer.products:
                values = dict(zip(answer.features, product.features, strict=True))
                row = (f"{n}:{values.get(name, math.nan):.9g}" for n, name in enumerate(names, start=1))
                # An id may hold anything but control characters; a comment ends with its line.
                file.write(f"{grade(product)} qid:{count} {' '.join(row)} # {product.product_id}\n")
    return count


def write_judgements(answers: Iterable[pb.ShownAnswer], path: Path) -> int:
    """Write a line for each search that curves can be fitted on; return how many there were.

    What stands below the last product that anything was done with may never have been looked at, and says nothing
    (Joachims, 2002).
    """
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for answer in searches(answers):
            if set(CURVE_VALUES) <= set(answer.features):
                count += 1
                file.write(json.dumps(judgement(answer), ensure_ascii=False) + "\n")
    return count


def judgement(answer: pb.ShownAnswer) -> dict[str, Any]:
    """Return the products that were looked at, and which of them were relevant."""
    last = max(place for place, product in enumerate(answer.products) if product.events)
    products = []
    for product in answer.products[: last + 1]:
        values = dict(zip(answer.features, product.features, strict=True))
        products.append(
            {
                "id": product.product_id,
                "values": {name: values[name] for name in CURVE_VALUES},
                "relevant": grade(product) > 0,
            }
        )
    return {"kind": answer.query_kind, "products": products}


def searches(answers: Iterable[pb.ShownAnswer]) -> Iterable[pb.ShownAnswer]:
    """Yield the answers that somebody searched for: recommendations and browsing have no query to learn from."""
    return (answer for answer in answers if answer.query_kind not in WITHOUT_QUERY)


def grade(product: pb.ShownProduct) -> int:
    """Return how relevant a product is by what was done with it, 0 to 4."""
    if types_pb2.EVENT_TYPE_DISLIKED in product.events:
        return 0
    return max((GRADES.get(event, 0) for event in product.events), default=0)
