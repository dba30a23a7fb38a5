"""The same queries asked of two packs, and the gate that their answers pass or not."""

import math
from collections.abc import Iterable, Mapping, Sequence

from gateway.core.upgrade.model import Comparison, Upgrade

DEPTH = 10
# On fewer judged queries a difference of nDCG is chance.
JUDGED_MIN = 20


def compared(
    answers: Sequence[tuple[str, Sequence[str], Sequence[str]]], judged: Mapping[str, Mapping[str, float]]
) -> Comparison:
    """Return how alike *answers* are: (query, the best ids by the old pack, those by the new one), best first.

    nDCG after Järvelin and Kekäläinen (2002): gain 2^g - 1, discount log2(place + 1).
    """
    overlaps = [overlap(old, new) for _, old, new in answers]
    known = [(judged[query], old, new) for query, old, new in answers if judged.get(query)]
    return Comparison(
        query_count=len(answers),
        overlap_at_10=_mean(overlaps),
        judged_query_count=len(known),
        ndcg_at_10_source=_mean(ndcg(old, gains) for gains, old, _ in known),
        ndcg_at_10_target=_mean(ndcg(new, gains) for gains, _, new in known),
    )


def overlap(old: Sequence[str], new: Sequence[str]) -> float:
    """Return the share of the ten best of the longer answer that is among those of the other; 1 where both are empty."""
    first, second = set(old[:DEPTH]), set(new[:DEPTH])
    longest = max(len(first), len(second))
    return len(first & second) / longest if longest else 1.0


def ndcg(ids: Sequence[str], gains: Mapping[str, float]) -> float:
    """Return nDCG at 10 of *ids*, best first; products without a gain have 0."""
    best = _dcg(sorted(gains.values(), reverse=True))
    return _dcg([gains.get(each, 0.0) for each in ids]) / best if best else 0.0


def gate(upgrade: Upgrade) -> tuple[str, ...]:
    """Return why *upgrade* may not be switched, in words; nothing where it may."""
    plan, found, reasons = upgrade.plan, upgrade.comparison, []
    if upgrade.refused_count and not plan.allow_refused:
        reasons.append(f"{upgrade.refused_count} products have no vectors of the new pack")
    if found is not None and found.query_count and found.overlap_at_10 < plan.overlap_min:
        reasons.append(f"the overlap at 10 is {found.overlap_at_10:.3f}, below {plan.overlap_min:g}")
    if plan.overlap_min and (found is None or not found.query_count):
        reasons.append("no queries are known by which the overlap could be told")
    if found is not None and found.judged_query_count >= JUDGED_MIN:
        least = plan.ndcg_ratio_min * found.ndcg_at_10_source
        if found.ndcg_at_10_target < least:
            reasons.append(f"nDCG at 10 is {found.ndcg_at_10_target:.3f}, below {least:.3f}")
    return tuple(reasons)


def _dcg(gains: Sequence[float]) -> float:
    return math.fsum((2**gain - 1) / math.log2(place + 1) for place, gain in enumerate(gains[:DEPTH], 1))


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.fsum(values) / len(values) if values else 0.0
