"""Whom network policies let call whom, between the parts of the suite."""

from collections.abc import Iterator

from tests.unit.k8s.manifests import ROOMS, Object, of_kind

PARTS = (*ROOMS, "triton", "milvus")
Call = tuple[str, str, int]


def calls_let_out(overlay: str) -> set[Call]:
    """Return caller, called and port of every call that its caller may make."""
    return {(owner, peer, port) for owner, peer, port in _ruled(overlay, "egress", "to")}


def calls_let_in(overlay: str) -> set[Call]:
    """Return caller, called and port of every call that is taken."""
    return {(peer, owner, port) for owner, peer, port in _ruled(overlay, "ingress", "from")}


def _ruled(overlay: str, way: str, side: str) -> Iterator[Call]:
    for policy in of_kind(overlay, "NetworkPolicy").values():
        for rule in policy["spec"].get(way) or ():
            peers = [name for peer in rule[side] for name in _selected(peer)]
            for owner in PARTS:
                if _matches(policy["spec"]["podSelector"], owner):
                    yield from (
                        (owner, peer, port["port"]) for peer in peers for port in rule.get("ports", ())
                    )


def _selected(peer: Object) -> list[str]:
    # Who is let in from other namespaces is no part of the suite.
    if "namespaceSelector" in peer:
        return []
    return [name for name in PARTS if _matches(peer["podSelector"], name)]


def _matches(selector: Object, name: str) -> bool:
    kind = "room" if name in ROOMS else "engine"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": kind,
        "app.kubernetes.io/part-of": "triptych",
    }
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        (labels.get(each["key"]) in each["values"]) is (each["operator"] == "In")
        for each in selector.get("matchExpressions", ())
    )
