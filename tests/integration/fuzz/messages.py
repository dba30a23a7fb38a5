"""Random messages of any type: some that mean something, some that break a bound, some that are wild throughout."""

import io
import math
import random
import struct
from typing import Any

import numpy as np
import soundfile
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from PIL import Image

from triptych.thirdparty import validate_pb2
from triptych.vocabulary.vectors import pack, unit

DIMENSION = 16
DEPTH_MAX = 6
TOKENS = 20
# How much of a message is wild.
WILDNESS = (0.0, 0.0, 0.05, 0.2, 1.0)
# How much of what is optional is there.
SHARES = (0.0, 0.03, 0.1, 0.4)
# What no rule asks for, and hardly any request means anything without.
NEEDED = {"catalog", "parts", "id", "dimension", "title", "right", "bottom", "weight", "limit"}
EDGES = {"left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.9}
NUMBERS = (0, 1, -1, 0.5, 1e-30, -1e30, 1e308, 2**31 - 1, math.nan, math.inf, -math.inf)
INTEGERS = (0, 1, -1, 2, 100, 101, 1001, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**32 - 1, 2**64 - 1)
TEXTS = (
    "", " ", "\0", "a" * 40, "a" * 5000, "p1", "Ω≈ç√", "汉字", "🟦" * 20, "e\u0301", "\u202eabc", "\ufeff", "%s%n{0}",
    "'; DROP TABLE products;--", '") OR 1 = 1', "../../etc/passwd", "price < 50", "NOT (((((", "*" * 300, "a AND b",
    "-1", "1e999", "NaN", "\n\r\t", "()[]{}", "AND OR NOT", '"', "\\", "=" * 100,
)  # fmt: skip
FILTERS = (
    "", "price < 50", 'brand = "Fjord" AND NOT price > 9', 'colour = "red" OR size IN (1, 2)', "in_stock = true",
    'update_time > "2024-01-01T00:00:00Z"', 'id IN ("p1", "p2")',
)  # fmt: skip
WORDS = ("red mug", "blue wooden chair", "p1", "scarf", "红色杯子", "mug not red")
PACKS = ("in-memory-1", "in-memory-2")


def picture() -> bytes:
    """Return a small picture."""
    file = io.BytesIO()
    Image.new("RGB", (24, 24), "red").save(file, "PNG")
    return file.getvalue()


def sound() -> bytes:
    """Return half a second of sound."""
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(np.arange(8000) / 5), 16_000, format="WAV")
    return file.getvalue()


class Maker:
    """Makes messages by *drawn*; the catalogue that they mean is *catalog*."""

    def __init__(self, drawn: random.Random, catalog: str) -> None:
        self._drawn = drawn
        self._catalog = catalog
        self._files = {"image": picture(), "audio": sound()}
        # Always as many, so that a seed draws the same again.
        self.tokens = [""] * TOKENS

    def message(self, descriptor: Descriptor) -> Message:
        """Return a message of *descriptor*."""
        return self._message(descriptor, self._drawn.choice(WILDNESS), 0, "")

    def _message(self, descriptor: Descriptor, wild: float, depth: int, name: str) -> Any:
        made = message_factory.GetMessageClass(descriptor)()
        share = self._drawn.choice(SHARES)
        chosen = [self._chosen(oneof) for oneof in descriptor.oneofs if not is_optional(oneof)]
        for field in descriptor.fields:
            inside = field.containing_oneof is not None and not is_optional(field.containing_oneof)
            if (field in chosen) if inside else self._is_set(field, wild, share):
                self._fill(made, field, wild, depth, name)
        return made

    def _chosen(self, oneof: Any) -> FieldDescriptor:
        likely = [each for each in oneof.fields if each.name != "uri"]
        return self._drawn.choice(likely if likely and self._drawn.random() < 0.9 else oneof.fields)

    def _is_set(self, field: FieldDescriptor, wild: float, share: float) -> bool:
        return self._drawn.random() < (0.97 if is_needed(field) else share)

    def _fill(self, made: Any, field: FieldDescriptor, wild: float, depth: int, name: str) -> None:
        # A picture is told by the field that holds the medium.
        name = field.name if field.name in self._files else name
        if field.message_type and (depth >= DEPTH_MAX and not self._drawn.random() < wild):
            return
        if field.message_type and field.message_type.GetOptions().map_entry:
            for _ in range(self._count(wild)):
                self._put(getattr(made, field.name), field.message_type, wild, depth, name)
        elif field.is_repeated:
            values = [self._value(field, wild, depth, name) for _ in range(self._count(wild))]
            getattr(made, field.name).extend(values)
        elif field.message_type:
            getattr(made, field.name).CopyFrom(self._value(field, wild, depth, name))
        else:
            setattr(made, field.name, self._value(field, wild, depth, name))

    def _put(self, entries: Any, entry: Descriptor, wild: float, depth: int, name: str) -> None:
        key_field, value_field = entry.fields_by_name["key"], entry.fields_by_name["value"]
        key = self._value(key_field, wild, depth, name)
        value = self._value(value_field, wild, depth, name)
        if value_field.message_type:
            entries[key].CopyFrom(value)
        else:
            entries[key] = value

    def _count(self, wild: float) -> int:
        if self._drawn.random() < wild:
            return self._drawn.choice((0, 1, 2, 9, 17))
        return self._drawn.choice((1, 1, 2, 3))

    def _value(self, field: FieldDescriptor, wild: float, depth: int, name: str) -> Any:
        if field.message_type:
            return self._message(field.message_type, wild, depth + 1, name)
        is_wild = self._drawn.random() < wild
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return self._wild_bytes() if is_wild else self._bytes(field, name)
            case FieldDescriptor.CPPTYPE_STRING:
                return self._drawn.choice(TEXTS) if is_wild else self._text(field)
            case FieldDescriptor.CPPTYPE_ENUM:
                known = [each.number for each in field.enum_type.values][int(self._drawn.random() < 0.9) :]
                return (
                    self._drawn.choice((99, -1, 2**31 - 1)) if is_wild else self._drawn.choice(known or [0])
                )
            case FieldDescriptor.CPPTYPE_BOOL:
                return self._drawn.random() < 0.5
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                plain = EDGES.get(field.name, self._drawn.choice((1.0, 0.5, 0.25)))
                return self._drawn.choice(NUMBERS) if is_wild else plain
        return self._integer(field) if is_wild else self._plain_integer(field)

    def _integer(self, field: FieldDescriptor) -> int:
        bits = 64 if field.cpp_type in {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64} else 32
        is_unsigned = field.cpp_type in {FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64}
        low, high = (0, 2**bits - 1) if is_unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        return max(low, min(high, self._drawn.choice(INTEGERS)))

    def _plain_integer(self, field: FieldDescriptor) -> int:
        return DIMENSION if field.name == "dimension" else self._drawn.choice((1, 2, 3, 5))

    def _text(self, field: FieldDescriptor) -> str:
        match field.name:
            case "catalog":
                return self._catalog
            case "filter":
                return self._drawn.choice(FILTERS)
            case "page_token" | "resume_token" | "attribution_token":
                return self._drawn.choice(self.tokens)
            case "id" if field.containing_type.name == "Space":
                return (
                    f"{self._drawn.choice(PACKS)}/{self._drawn.choice(('fused', 'text', 'image', 'audio'))}"
                )
            case "space":
                return (
                    f"{self._drawn.choice(PACKS)}/{self._drawn.choice(('fused', 'text', 'image', 'audio'))}"
                )
            case "pack" | "generation":
                return self._drawn.choice(PACKS)
            case "id" | "product_id" | "ids" | "product_ids" | "event_id":
                return f"p{self._drawn.randrange(6)}"
            case "uri":
                return "https://example.com/picture.jpg"
            case "language":
                return "en"
        return self._drawn.choice(WORDS)

    def _bytes(self, field: FieldDescriptor, name: str) -> bytes:
        if field.containing_type.name == "Media":
            return self._files.get(name, self._files["image"])
        if field.name in {"product", "record"}:
            return bytes(self.message(product_descriptor()).SerializeToString())
        values = np.random.default_rng(self._drawn.randrange(2**32)).normal(size=DIMENSION)
        return pack(unit(values.astype(np.float32)))

    def _wild_bytes(self) -> bytes:
        some = self._drawn.randbytes(self._drawn.choice((0, 1, 7, 64, 65, 2000)))
        numbers = struct.pack("<16f", *self._drawn.choices((math.nan, math.inf, 0.0, 1e38, 1.0), k=16))
        broken = self._files["image"][: self._drawn.randrange(1, 60)]
        return self._drawn.choice((some, numbers, broken))


def is_needed(field: FieldDescriptor) -> bool:
    """Whether a message means anything without *field*."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    bounds = (rules.repeated.min_items, rules.string.min_len, rules.bytes.min_len, rules.int32.gte)
    return (
        field.name in NEEDED or rules.required or 0 in rules.enum.not_in or any(each > 0 for each in bounds)
    )


def is_optional(oneof: Any) -> bool:
    """Whether *oneof* is how the compiler writes down `optional`."""
    return len(oneof.fields) == 1 and oneof.name.startswith("_")


def product_descriptor() -> Descriptor:
    """Return what packed products are."""
    from triptych.v1.types_pb2 import Product

    return Product.DESCRIPTOR
