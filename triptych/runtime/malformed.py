"""Requests that protobuf itself refuses to read: found out why, and said in the API's terms.

gRPC answers INTERNAL when a request cannot be parsed, and names nothing. Here such a request becomes a `Malformed` value
in place of the message, which the interceptor turns into INVALID_ARGUMENT.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message

from triptych.vocabulary.errors import InvalidArgument, Reason


@dataclass(frozen=True)
class Malformed:
    """A request that could not be parsed, and why."""

    error: InvalidArgument


def tolerant(message_class: type[Message]) -> Callable[[bytes], Message | Malformed]:
    """Return a parser of *message_class* that returns a `Malformed` instead of raising."""

    def parse(data: bytes) -> Message | Malformed:
        try:
            return message_class.FromString(data)
        except DecodeError:
            return Malformed(explain(message_class.DESCRIPTOR, data))

    return parse


def explain(descriptor: Any, data: bytes) -> InvalidArgument:
    """Say why *data* is no message of *descriptor*: the one string that is not UTF-8, or bytes that are no message."""
    try:
        lenient = lenient_class(descriptor).FromString(data)
    except DecodeError:
        return InvalidArgument(
            f"The request is not a {descriptor.full_name} in protobuf's binary form.",
            reason=Reason.MALFORMED_REQUEST,
        )
    field = next(broken_strings(descriptor, lenient), "")
    return InvalidArgument("Text must be valid UTF-8.", reason=Reason.INVALID_UTF8, field=field)


def broken_strings(descriptor: Any, message: Any) -> Iterator[str]:
    """Yield the paths of the string fields in *message*, parsed leniently, that hold no valid UTF-8."""
    for field in descriptor.fields:
        value = getattr(message, field.name)
        if field.message_type is None:
            values = list(value) if field.is_repeated else [value]
            broken = (index for index, item in enumerate(values) if not is_utf8(field, item))
            yield from (path(field, index) for index in broken)
            continue
        if field.is_repeated:
            children = list(enumerate(value))
        else:
            children = [(0, value)] if message.HasField(field.name) else []
        for index, child in children:
            yield from (
                f"{path(field, index)}.{inner}" for inner in broken_strings(field.message_type, child)
            )


def path(field: FieldDescriptor, index: int) -> str:
    """Return how a client names *field*, with its *index* when it is repeated."""
    return f"{field.name}[{index}]" if field.is_repeated else str(field.name)


def is_utf8(field: FieldDescriptor, value: Any) -> bool:
    """Whether *value* is fit for *field*."""
    if field.type != FieldDescriptor.TYPE_STRING:
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache
def lenient_class(descriptor: Any) -> type[Message]:
    """Return a class for the same wire format as *descriptor*, with bytes in place of every string."""
    pool = DescriptorPool()
    add_lenient(pool, descriptor.file, set())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(descriptor.full_name))


def add_lenient(pool: DescriptorPool, file: Any, seen: set[str]) -> None:
    """Add *file* and what it imports to *pool*, with bytes in place of every string."""
    if file.name in seen:
        return
    seen.add(file.name)
    for dependency in file.dependencies:
        add_lenient(pool, dependency, seen)
    proto = FileDescriptorProto()
    file.CopyToProto(proto)
    # Options hold validation rules in terms of strings; they play no part in reading the wire.
    proto.ClearField("options")
    proto.ClearField("extension")
    for message in proto.message_type:
        relax(message)
    pool.Add(proto)


def relax(message: DescriptorProto) -> None:
    """Turn the strings of *message* into bytes, and its maps (whose keys cannot be bytes) into their entries."""
    message.ClearField("options")
    message.ClearField("extension")
    for oneof in message.oneof_decl:
        oneof.ClearField("options")
    for field in message.field:
        field.ClearField("options")
        if field.type == FieldDescriptorProto.TYPE_STRING:
            field.type = FieldDescriptorProto.TYPE_BYTES
            field.ClearField("default_value")
    for nested in message.nested_type:
        relax(nested)
