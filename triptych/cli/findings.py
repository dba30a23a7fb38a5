"""What an answer says of all that was found, as lines: what was left out, other words, counts."""

from collections.abc import Iterator

from triptych.v1 import product_search_service_pb2 as pb


def finding_lines(response: pb.SearchProductsResponse) -> Iterator[str]:
    """Yield what was left out, the suggestion, the number of products, and the counts of each facet."""
    for left_out in response.degradations:
        step = pb.Degradation.Step.Name(left_out.step).removeprefix("STEP_").lower().replace("_", " ")
        reason = pb.Degradation.Reason.Name(left_out.reason).removeprefix("REASON_").lower()
        place = f" {left_out.part + 1}" if left_out.HasField("part") else ""
        yield f"left out: {step}{place} ({reason})"
    if response.HasField("spelling"):
        begin = "searched for" if response.spelling.applied else "did you mean"
        yield f"{begin} {response.spelling.text!r}{'' if response.spelling.applied else '?'}"
    if response.total_size:
        yield f"{response.total_size} products{'' if response.total_size_is_exact else ' or more'}"
    for facet in response.facets:
        counts = ", ".join(f"{value_of(each)} ({each.count})" for each in facet.values) or "none"
        yield f"{facet.field}{'' if facet.is_exact else ' (about)'}: {counts}"


def value_of(item: pb.FacetValue) -> str:
    """Return a value that was counted: "red", "10 to 50", "from 50"."""
    if item.WhichOneof("value") != "interval":
        value = getattr(item, item.WhichOneof("value") or "text")
        return f"{value:g}" if isinstance(value, float) else str(value)
    start = f"{getattr(item.interval, 'from'):g}" if item.interval.HasField("from") else ""
    end = f"{item.interval.to:g}" if item.interval.HasField("to") else ""
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"below {end}"
