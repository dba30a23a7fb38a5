"""Serialised products, read and changed for the core."""

from collections.abc import Iterable

from services.search.core.model import Facts
from services.search.translate_facts import facts_of
from triptych.runtime.validation import validate
from triptych.v1.types_pb2 import Product

_ATTRIBUTES = "attributes."


class PackedProducts:
    """Implements `ProductEditor`."""

    def facts(self, product: bytes) -> Facts:
        """Return what a product can be filtered by."""
        return facts_of(product)

    def merged(self, product: bytes, other: bytes, paths: Iterable[str], *, update_time: int | None) -> bytes:
        """Return *product* with the fields at *paths* as *other* has them."""
        changed, source = Product.FromString(product), Product.FromString(other)
        for path in paths:
            if path.startswith(_ATTRIBUTES):
                _take_attribute(changed, source, path.removeprefix(_ATTRIBUTES))
            else:
                _take(changed, source, path)
        changed.ClearField("update_time")
        if update_time is not None:
            changed.update_time.FromNanoseconds(update_time)
        _check(changed)
        return changed.SerializeToString(deterministic=True)


def _check(changed: Product) -> None:
    """Hold what a merge can break against the schema's rules: media without bytes are as they were stored."""
    checked = Product()
    checked.CopyFrom(changed)
    checked.ClearField("images")
    checked.ClearField("audio")
    validate(checked)


def _take(changed: Product, source: Product, path: str) -> None:
    """Set one field as *source* has it, empty where it has none."""
    changed.ClearField(path)  # type: ignore[arg-type] # a path is the name of a field here
    only = Product()
    only.CopyFrom(source)
    for field, _ in source.ListFields():
        if field.name != path:
            only.ClearField(field.name)  # type: ignore[arg-type]
    changed.MergeFrom(only)


def _take_attribute(changed: Product, source: Product, name: str) -> None:
    changed.attributes.pop(name, None)
    if name in source.attributes:
        changed.attributes[name].CopyFrom(source.attributes[name])
