"""Upgrades, as they are told and as they are noted."""

import time

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.core.upgrade.model import Comparison, Phase, Plan, Refused, Upgrade
from triptych.v1 import upgrade_service_pb2 as pb

_NANOS = 1e9
_TIMES = ("start_time", "ready_time", "switch_time", "finish_time")


def plan(message: pb.UpgradePlan) -> Plan:
    """Return what is asked for."""
    default = Plan()
    return Plan(
        overlap_min=message.overlap_min,
        ndcg_ratio_min=message.ndcg_ratio_min
        if message.HasField("ndcg_ratio_min")
        else default.ndcg_ratio_min,
        sample_queries=tuple(dict.fromkeys(message.sample_queries)),
        auto_switch=message.auto_switch,
        keep_hours=message.keep_hours if message.HasField("keep_hours") else default.keep_hours,
        allow_refused=message.allow_refused,
    )


def message(upgrade: Upgrade, now: float | None = None) -> pb.Upgrade:
    """Return *upgrade* in its wire form; *now* in seconds since 1970."""
    told = pb.Upgrade(
        catalog=upgrade.catalog,
        phase=pb.Upgrade.Phase.ValueType(upgrade.phase),
        source_pack=upgrade.source_pack,
        target_pack=upgrade.target_pack,
        plan=pb.UpgradePlan(
            overlap_min=upgrade.plan.overlap_min,
            ndcg_ratio_min=upgrade.plan.ndcg_ratio_min,
            sample_queries=upgrade.plan.sample_queries,
            auto_switch=upgrade.plan.auto_switch,
            keep_hours=upgrade.plan.keep_hours,
            allow_refused=upgrade.plan.allow_refused,
        ),
        product_count=upgrade.product_count,
        upgraded_count=upgrade.upgraded_count,
        refused_count=upgrade.refused_count,
        refused=[
            pb.RefusedProduct(id=each.id, reason=each.reason, field=each.field) for each in upgrade.refused
        ],
        gate=upgrade.gate,
        waiting_for=upgrade.waiting_for,
    )
    if (remaining := remaining_s(upgrade, time.time() if now is None else now)) is not None:
        told.remaining_seconds = remaining
    if upgrade.comparison is not None:
        found = upgrade.comparison
        told.comparison.CopyFrom(
            pb.UpgradeComparison(
                query_count=found.query_count,
                overlap_at_10=found.overlap_at_10,
                judged_query_count=found.judged_query_count,
                ndcg_at_10_source=found.ndcg_at_10_source,
                ndcg_at_10_target=found.ndcg_at_10_target,
            )
        )
    for name in _TIMES:
        if seconds := getattr(upgrade, name):
            getattr(told, name).FromNanoseconds(round(seconds * _NANOS))
    return told


def remaining_s(upgrade: Upgrade, now: float) -> float | None:
    """Return how long the backfill takes still at the mean speed so far; None where that cannot be told."""
    if upgrade.phase is not Phase.BACKFILLING or not upgrade.upgraded_count or now <= upgrade.start_time:
        return None
    return upgrade.missing_count * (now - upgrade.start_time) / upgrade.upgraded_count


def packed(upgrade: Upgrade) -> str:
    """Return *upgrade* as it is noted."""
    return str(json_format.MessageToJson(message(upgrade), indent=None))


def parsed(record: str) -> Upgrade:
    """Return the upgrade that was noted.

    Raises:
        ValueError: *record* is none.
    """
    try:
        told = json_format.Parse(record, pb.Upgrade(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise ValueError(str(error)) from error
    found = told.comparison
    return Upgrade(
        told.catalog,
        told.source_pack,
        told.target_pack,
        plan(told.plan),
        Phase(told.phase),
        told.product_count,
        told.upgraded_count,
        told.refused_count,
        tuple(Refused(each.id, each.reason, each.field) for each in told.refused),
        Comparison(
            found.query_count,
            found.overlap_at_10,
            found.judged_query_count,
            found.ndcg_at_10_source,
            found.ndcg_at_10_target,
        )
        if told.HasField("comparison")
        else None,
        tuple(told.gate),
        told.waiting_for,
        **{name: _seconds(getattr(told, name)) for name in _TIMES},
    )


def _seconds(time: Timestamp) -> float:
    return float(time.ToNanoseconds() / _NANOS)
