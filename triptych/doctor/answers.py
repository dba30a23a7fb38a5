"""What the parts of the local suite answer when they are asked."""

import json
from collections.abc import Sequence
from pathlib import Path

import httpx

from triptych.doctor.world import Answered
from triptych.local.catalogs import CatalogsUnknown, misfits
from triptych.local.health import healthy
from triptych.local.part import Part, address_of
from triptych.local.scraped import all_scraped
from triptych.local.settings import SuiteSettings
from triptych.packs.pack import Pack

TIMEOUT_S = 3.0
# Of the end of a log.
LOG_BYTES = 64 * 1024


def of_parts(suite: SuiteSettings, parts: Sequence[Part]) -> dict[str, Answered | None]:
    """Return what each part says; None where it says nothing."""
    pages = all_scraped({part.name: address_of(part.other_ports[-1]) for part in parts})
    found: dict[str, Answered | None] = {}
    for part, is_ready in zip(parts, healthy(parts), strict=True):
        page = pages[part.name]
        why = "" if is_ready else last_why(suite.folder / "logs" / f"{part.name}.log")
        known = is_ready or page is not None
        found[part.name] = (
            Answered(is_ready, why, page.version if page else "", page.clock_skew_s if page else None)
            if known
            else None
        )
    return found


def last_why(log: Path) -> str:
    """Return why a room said last that it is not ready."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LOG_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        if '"not ready"' in line and line.startswith("{"):
            try:
                return str(json.loads(line).get("why", "")).rstrip(".")
            except ValueError:
                continue
    return ""


def of_triton(suite: SuiteSettings) -> dict[str, str]:
    """Return the models that Triton has not loaded, with its reasons."""
    url = f"http://{address_of(suite.triton_http_port)}/v2/repository/index"
    try:
        index = httpx.post(url, json={}, timeout=TIMEOUT_S, trust_env=False).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return {}
    return {
        str(model["name"]): first_line(str(model.get("reason", "")))
        for model in index
        if model.get("state") != "READY"
    }


def first_line(text: str) -> str:
    """Return the first line of *text*."""
    return text.strip().partition("\n")[0].rstrip(".")


def of_catalogs(suite: SuiteSettings, pack: Pack) -> dict[str, str]:
    """Return the catalogues that *pack* cannot search."""
    try:
        return misfits(address_of(suite.search_port), pack)
    except CatalogsUnknown:
        return {}
