"""What the pages name in the schema, the client, the settings and the metrics is there."""

import re

from tests.unit.docs.examples import PAGES, ROOT, ticked
from tests.unit.docs.schema import MESSAGES, SERVICES
from tests.unit.docs.test_docs import rows
from triptych.client import Client

# What pages call a message that is at hand.
SPOKEN_OF = {
    "response": "SearchProductsResponse",
    "interpretation": "QueryInterpretation",
    "result": "SearchResult",
    "scores": "StageScores",
}
ROOMS = ("GATEWAY", "ENCODER", "FUSION", "SEARCH", "RANKER")


def test_names_of_the_schema_exist():
    """`Message.field`, `Service.Method`, `Client.method` and `result.field` name something that is there."""
    client = Client()
    wrong, seen = [], set()
    for example in ticked():
        for owner, path in re.findall(r"\b([A-Za-z]\w+)[./]([A-Za-z_]\w*(?:\.[a-z_]\w*)*)", example.text):
            if owner in SERVICES:
                found = path in SERVICES[owner].methods_by_name
            elif owner in MESSAGES or owner in SPOKEN_OF:
                found = leads_somewhere(MESSAGES[SPOKEN_OF.get(owner, owner)], path.split("."))
            elif owner == "Client":
                found = hasattr(client, path.partition(".")[0])
            else:
                continue
            seen.add(owner)
            if not found:
                wrong.append(str(example))
    client.close()
    assert {"Client", "Product", "CatalogService", "SearchProductsRequest", *SPOKEN_OF} <= seen
    assert [] == wrong


def leads_somewhere(message, path) -> bool:
    """Return whether *path* names fields of *message*, and of those that these hold."""
    name, *rest = path
    inside = (message.nested_types_by_name, message.enum_types_by_name, message.enum_values_by_name)
    if any(name in names for names in inside):
        return True
    if name not in message.fields_by_name:
        return False
    held = message.fields_by_name[name]
    if not rest or held.message_type is None:
        return not rest
    is_map = held.message_type.GetOptions().map_entry
    return is_map or leads_somewhere(held.message_type, rest)


def test_settings_and_metrics_exist():
    """A variable or a metric that a page names is one of those in the tables."""
    variables, metrics = set(rows("settings.md")), set(rows("metrics.md"))
    prose = re.compile(r"\b(TRIPTYCH_[A-Z0-9_]*[A-Z0-9]|triptych_(?:[a-z]+_)+[a-z]+)\b")
    command_line = set(re.findall(r"`(TRIPTYCH_\w+)`", (ROOT / "docs" / "settings.md").read_text()))
    shared = {each.partition(">_")[2] for each in variables if "<ROOM>" in each}
    known = variables | command_line | {f"TRIPTYCH_{room}_{each}" for room in ROOMS for each in shared}

    wrong = []
    for page in PAGES:
        for name in sorted(set(prose.findall(page.read_text()))):
            base = re.sub(r"_(?:bucket|sum|count)$", "", name)
            if name not in known and not {name, base} & metrics:
                wrong.append(f"{page.relative_to(ROOT)}: {name}")
    assert [] == wrong
