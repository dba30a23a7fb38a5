"""What a part tells on its page of metrics: whether it is ready, what it is, and how much it has to do."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TIMEOUT_S = 2.0
READY, BUILD, MODELS = "triptych_ready", "triptych_build_info", "triptych_model_info"
IN_FLIGHT, QUEUED = "triptych_rpc_in_flight", "nv_inference_pending_request_count"


@dataclass(frozen=True)
class Scraped:
    """What one page tells.

    Args:
        ready: whether the part takes requests; for those that do not say so, whether the page was shown.
        version: of the part; empty where it does not say.
        models: "text_encoder 1 (triptych-demo-1/text)" for each that a room has found.
        in_flight: requests that are worked on; None where it does not say.
        queued: requests that wait for a model; None where it does not say.
        clock_skew_s: how far its clock is ahead of ours, to the second; None where it does not say.
    """

    ready: bool
    version: str = ""
    models: tuple[str, ...] = ()
    in_flight: int | None = None
    queued: int | None = None
    clock_skew_s: float | None = None


def all_scraped(addresses: Mapping[str, str]) -> dict[str, Scraped | None]:
    """Return what each part tells, by its name; None for one whose page is not shown. They are asked side by side."""
    if not addresses:
        return {}
    with ThreadPoolExecutor(len(addresses)) as pool, httpx.Client(trust_env=False) as client:
        return dict(zip(addresses, pool.map(lambda at: scraped(client, at), addresses.values()), strict=True))


def scraped(client: httpx.Client, address: str) -> Scraped | None:
    """Return what the page at *address*, "host:port", tells."""
    asked_s = time.time()
    try:
        response = client.get(f"http://{address}/metrics", timeout=TIMEOUT_S).raise_for_status()
        date = response.headers.get("date", "")
        skew_s = parsedate_to_datetime(date).timestamp() - asked_s if date else None
        return told(list(samples_of(response.text)), skew_s)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError):
        # Nobody answers, or somebody else does.
        return None


def told(samples: list[Sample], clock_skew_s: float | None = None) -> Scraped:
    """Return what *samples* tell."""
    by_name = {name: [each for each in samples if each.name == name] for name in (READY, BUILD, MODELS)}
    return Scraped(
        ready=all(each.value for each in by_name[READY]),
        version=next((each.labels["version"] for each in by_name[BUILD]), ""),
        models=tuple(
            f"{each.labels['model']} {each.labels['version']} ({each.labels['space'] or 'words'})"
            for each in by_name[MODELS]
        ),
        # A room that was never called has no series yet.
        in_flight=total(samples, IN_FLIGHT) or (0 if by_name[READY] else None),
        queued=total(samples, QUEUED),
        clock_skew_s=clock_skew_s,
    )


def total(samples: list[Sample], name: str) -> int | None:
    """Return the sum of the series *name*; None where there is none."""
    values = [each.value for each in samples if each.name == name]
    return round(sum(values)) if values else None


def samples_of(text: str) -> Iterator[Sample]:
    """Yield the samples of a page in Prometheus's text format.

    Raises:
        ValueError: it is none.
    """
    for family in text_string_to_metric_families(text):
        yield from family.samples
