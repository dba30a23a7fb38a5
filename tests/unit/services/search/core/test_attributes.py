"""The attributes of a catalogue."""

from services.search.core.attributes import ATTRIBUTES_MAX, attributes_of, beyond, merged, refusals
from services.search.core.model import Facts, ProductRecord
from triptych.vocabulary.errors import Reason


def record(product_id, **attributes):
    return ProductRecord(product_id, b"", (), Facts(attributes=attributes))


def test_kinds_are_gathered_from_all_products():
    """True is no number, and an attribute can have several kinds."""
    records = [record("a", x=1.0, y="s"), record("b", x=True, z=("s",)), record("c", x=2.0)]

    assert {"x": {"number", "boolean"}, "y": {"string"}, "z": {"strings"}} == attributes_of(records)


def test_what_is_new():
    """A name, or a kind of a known name."""
    known = {"x": frozenset({"number"}), "y": frozenset({"string"})}
    seen = {"x": frozenset({"number"}), "y": frozenset({"boolean"}), "z": frozenset({"string"})}

    assert {"y": {"boolean"}, "z": {"string"}} == beyond(seen, known)
    assert {"x": {"number"}, "y": {"string", "boolean"}, "z": {"string"}} == merged(known, seen)


def test_a_catalogue_has_so_many_attributes_and_no_more():
    """The product that brings one too many is refused by name; those that bring none, or still fit, are taken."""
    known = {f"a{number}": frozenset({"string"}) for number in range(ATTRIBUTES_MAX - 1)}
    records = [
        record("two", x="", y=""),
        record("one", z=""),
        record("again", z="", a1=""),
        record("more", w=""),
    ]

    refused = refusals(records, known)

    assert ["two", "more"] == list(refused)
    assert (Reason.FIELD_INVALID, 'attributes["w"]') == (refused["more"].reason, refused["more"].field)
