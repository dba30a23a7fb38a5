"""What a call says of its caller, and what of it stands in the audit log. Pure functions."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message

from gateway.translate import queries

BEARER = "bearer "


def sent(metadata: Mapping[str, str | bytes]) -> str:
    """Return the key or token in a call's *metadata*; empty when there is none."""
    authorization = metadata.get("authorization", "")
    if isinstance(authorization, str) and authorization[: len(BEARER)].lower() == BEARER:
        return authorization[len(BEARER) :].strip()
    key = metadata.get("x-api-key", "")
    return key.strip() if isinstance(key, str) else ""


def catalog_of(request: Any) -> str:
    """Return the catalogue that *request*, or the start of a stream, is about."""
    return str(request.catalog) or queries.CATALOG_DEFAULT


def outcome_counts(response: Message | None) -> dict[str, int]:
    """Return how many of a response's outcomes are errors, and how many products it says are gone."""
    counts: dict[str, int] = {}
    names = set(response.DESCRIPTOR.fields_by_name) if response is not None else set()
    if "results" in names:
        counts["refused"] = sum(each.HasField("error") for each in response.results)  # type: ignore[union-attr]
    if "outcomes" in names:
        counts["refused"] = sum(each.code != 0 for each in response.outcomes)  # type: ignore[union-attr]
    if "deleted_count" in names:
        counts["deleted"] = response.deleted_count  # type: ignore[union-attr]
    return counts
