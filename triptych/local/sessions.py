"""Ends the sessions that a killed Milvus left in its etcd, so that the next one serves at once.

Milvus's coordinators register under a lease of 30 s and wait for the lease of their former life to run out: half a
minute after every kill. A launcher knows better: it has chosen the addresses of the new parts, so a session at any
other address belongs to the dead.
"""

import base64
import json
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import httpx

# Milvus's default names: etcd.rootPath / etcd.metaSubPath / session / role.
PREFIX = b"by-dev/meta/session/"
POLL_S = 0.02


def end_former_sessions(etcd_url: str, ports: Collection[int], patience_s: float = 20.0) -> int:
    """Wait until etcd answers at *etcd_url*, then end the sessions of parts that listen on none of *ports*.

    Returns:
        How many were ended; 0 also when etcd did not answer in time, for then Milvus waits as it always does.
    """
    end = time.monotonic() + patience_s
    with httpx.Client(base_url=etcd_url, timeout=2.0, trust_env=False) as etcd:
        while time.monotonic() < end:
            try:
                leases = former_leases(_sessions(etcd), ports)
                for lease in leases:
                    etcd.post("/v3/lease/revoke", json={"ID": lease}).raise_for_status()
            except httpx.HTTPError:
                time.sleep(POLL_S)
            else:
                return len(leases)
    return 0


def former_leases(sessions: Iterable[Mapping[str, Any]], ports: Collection[int]) -> set[str]:
    """Return the leases of those *sessions* whose address is on none of *ports*."""
    return {
        str(session["LeaseID"])
        for session in sessions
        if int(str(session["Address"]).rpartition(":")[2]) not in ports
    }


def _sessions(etcd: httpx.Client) -> list[dict[str, Any]]:
    key_range = {"key": _text64(PREFIX), "range_end": _text64(PREFIX[:-1] + b"0")}  # "0" follows "/"
    response = etcd.post("/v3/kv/range", json=key_range).raise_for_status()
    values = [json.loads(base64.b64decode(pair["value"])) for pair in response.json().get("kvs", [])]
    return [value for value in values if isinstance(value, dict)]  # beside them stands a counter


def _text64(data: bytes) -> str:
    return base64.b64encode(data).decode()
