"""Requests held against the rules that stand in the schema (protovalidate)."""

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from triptych.vocabulary.errors import InvalidArgument, Reason

_validator = Validator()


def validate(message: Message) -> None:
    """Check *message* against its schema's rules.

    Raises:
        InvalidArgument: the first rule that is broken, with the field's path.
    """
    violations = _validator.collect_violations(message, fail_fast=True)
    if violations:
        raise from_violation(violations[0])


def from_violation(violation: Violation) -> InvalidArgument:
    """Return the error that a broken rule means."""
    broken = violation.proto
    field = ""
    for element in broken.field.elements if broken.field else ():
        field += f".{element.field_name}" if field else element.field_name
        if element.subscript is not None:
            key = element.subscript.value
            field += f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    return InvalidArgument(
        f"{field or 'The request'} {broken.message}.", reason=Reason.FIELD_INVALID, field=field
    )
