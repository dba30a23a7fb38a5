"""Every RPC says what it asks of its caller, and asks it."""

import re
from pathlib import Path

import pytest
from google.protobuf import message_factory

from gateway.core.access.rules import RULES, Scope
from tests.public_rpcs import METHODS
from triptych.v1 import types_pb2
from triptych.vocabulary.roles import Role

PAGE = Path(__file__).resolve().parents[4] / "docs" / "security.md"
NAMED = sorted(rpc for rpc, rule in RULES.items() if rule.scope is Scope.NAMED)
TEXT = {"parts": [{"text": "red mug"}]}
PRODUCT = types_pb2.Product(id="p", title="red mug")
# What makes a request of a catalogue valid, where the catalogue alone does not.
VALID = {
    "SearchProducts": TEXT,
    "SuggestQueries": {"text": "x"},
    "RecognizeProduct": {"image": {"data": b"x"}},
    "UpsertProducts": {"products": [PRODUCT]},
    "UpdateProduct": {"product": PRODUCT, "update_mask": {"paths": ["title"]}},
    "UpdateProducts": {"updates": [{"product": PRODUCT, "update_mask": {"paths": ["title"]}}]},
    "GetProduct": {"id": "p"},
    "DeleteProducts": {"ids": ["p"]},
    "ImportProducts": {
        "spaces": [{"space": 1, "id": "a-1/fused", "dimension": 4, "metric": 1}],
        "products": [{"product": PRODUCT}],
    },
}


def request_of(rpc: str, catalog: str):
    """Return a valid request for *catalog*."""
    kind = message_factory.GetMessageClass(METHODS[rpc].input_type)
    if rpc.endswith("IngestProducts"):
        return kind(start={"catalog": catalog})
    return kind(catalog=catalog, **VALID.get(rpc.partition("/")[2], {}))


def test_every_rpc_has_a_rule_and_no_rule_is_left_over():
    """An RPC that nobody thought of would be refused to everybody."""
    assert set(METHODS) == set(RULES)


@pytest.mark.parametrize("rpc", sorted(RULES))
def test_the_scope_is_that_of_the_request(rpc):
    """A request that has a catalogue is held to it; items that are counted are there."""
    fields = METHODS[rpc].input_type.fields_by_name
    names = "start" in fields or "catalog" in fields
    rule = RULES[rpc]

    assert (rule.scope is Scope.NAMED) == names
    assert rule.items == "" or "start" in fields or fields[rule.items].is_repeated


def test_what_changes_something_is_noted():
    """Only reading is not."""
    reading = re.compile("/(Search|Suggest|Recommend|Recognize|Describe|Transcribe|Get|List|Export)")

    assert {rpc for rpc in RULES if not reading.search(rpc)} == {rpc for rpc in RULES if RULES[rpc].is_write}


def test_the_page_has_the_same_table():
    """docs/security.md tells each RPC's role and scope."""
    rows = re.findall(r"^\| `(\w+/\w+)` \| (\w+) \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)

    assert {rpc: (rule.role.name.lower(), rule.scope.value) for rpc, rule in RULES.items()} == {
        rpc: (role, scope.strip()) for rpc, role, scope in rows
    }


async def test_no_key_no_rpc(gateway):
    """Every RPC without a key, and with one that is wrong."""
    refusals = {rpc: (await gateway.ask(rpc), await gateway.ask(rpc, key="tk_wrong")) for rpc in METHODS}

    assert {("CREDENTIALS_MISSING", "CREDENTIALS_INVALID")} == set(refusals.values())


async def test_a_role_opens_what_it_should_and_no_more(gateway, keys):
    """Each role at every RPC; a role may do what those below it may."""
    by_role = {role: keys.make(role.name.lower()) for role in Role}
    for rpc, rule in RULES.items():
        for role, key in by_role.items():
            answer = await gateway.ask(rpc, key=key)
            assert (role < rule.role) == (answer == "ROLE_MISSING"), (rpc, role, answer)


async def test_another_catalogue_is_refused_at_every_rpc(gateway, keys):
    """The same refusal whether there is one or not: it comes before anybody looks. Ours gets in."""
    key = keys.make("admin", catalogs=("mine", "ours"))

    told = {
        rpc: [
            await gateway.ask(rpc, request_of(rpc, catalog), key) for catalog in ("theirs", "default", "mine")
        ]
        for rpc in NAMED
    }

    refused = "CATALOG_NOT_ALLOWED"
    # With no room behind it ListEvents finds nothing, in the gateway's own file.
    assert {rpc: [refused, refused, "PASSED"] for rpc in NAMED} == told


async def test_what_touches_every_catalogue_asks_for_every_one(gateway, keys):
    """An administrator of some catalogues is none of all."""
    some, every = keys.make("admin", catalogs=("mine", "ours")), keys.make("admin", catalogs=("*",))
    touching = [rpc for rpc, rule in RULES.items() if rule.scope is Scope.EVERY]

    assert ["MaintenanceService/SweepMedia"] == touching
    assert "CATALOG_NOT_ALLOWED" == await gateway.ask(touching[0], key=some)
    assert "PASSED" == await gateway.ask(touching[0], key=every)


async def test_a_request_without_catalogue_means_the_default_one(gateway, keys):
    """Whose name must be among the key's."""
    named, every = keys.make(catalogs=("default",)), keys.make(catalogs=("*",))
    request = request_of("CatalogService/GetProduct", "")

    assert "CATALOG_NOT_ALLOWED" == await gateway.ask("CatalogService/GetProduct", request, keys.make())
    assert "PASSED" == await gateway.ask("CatalogService/GetProduct", request, named)
    assert "PASSED" == await gateway.ask("CatalogService/GetProduct", request, every)
