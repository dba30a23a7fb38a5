"""What a case is, and the broken messages that several requests can hold."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import media
from google.protobuf.message import Message

from triptych.v1 import types_pb2
from triptych.vocabulary.errors import Reason

NAN = math.nan
BAD_ENUM = 99
SHARES = (-0.1, 1.1, NAN)
PICTURE = media.jpeg()
BOX = {"left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.9}


@dataclass(frozen=True)
class Broken:
    """A message, the field that is to blame, and the reason."""

    field: str
    message: Message
    reason: Reason = Reason.FIELD_INVALID


def catalogs(request: type[Message], **more: object) -> Iterator[Broken]:
    """Yield names that no catalogue can have, and one that none has."""
    for name in ("Shoes", "1shoes", "shoes!", "a" * 33):
        yield Broken("catalog", request(catalog=name, **more))
    yield Broken("catalog", request(catalog="nowhere", **more), Reason.CATALOG_NOT_FOUND)


def filters(request: type[Message], **more: object) -> Iterator[Broken]:
    """Yield a filter that is too long, one that breaks off, and one of a field that there is not."""
    yield Broken("filter", request(filter="a" * 4097, **more))
    for text in ("price <", "colour = red"):
        yield Broken("filter", request(filter=text, **more), Reason.FILTER_INVALID)


def files(unreadable: Reason) -> Iterator[Broken]:
    """Yield pictures or sounds."""
    yield Broken("source", types_pb2.Media())
    for uri in ("", "a" * 2049):
        yield Broken("uri", types_pb2.Media(uri=uri))
    for uri in ("file:///etc/passwd", "http://localhost/"):
        yield Broken("uri", types_pb2.Media(uri=uri), Reason.URI_NOT_ALLOWED)
    yield Broken("content_id", types_pb2.Media(data=PICTURE, content_id="a" * 129))
    yield Broken("data", types_pb2.Media(data=b""), Reason.MEDIA_EMPTY)
    yield Broken("data", types_pb2.Media(data=bytes(8 * 2**20 + 1)), Reason.MEDIA_TOO_LARGE)
    yield Broken("data", types_pb2.Media(data=b"Dear customer, this is neither.\n" * 9), unreadable)


def pictures() -> Iterator[Broken]:
    """Yield pictures."""
    return files(Reason.IMAGE_UNREADABLE)


def sounds() -> Iterator[Broken]:
    """Yield sounds."""
    return files(Reason.AUDIO_UNREADABLE)


def vectors() -> Iterator[Broken]:
    """Yield vectors."""
    for field, value, reason in (
        ("data", b"", Reason.FIELD_INVALID),
        ("data", bytes(65_540), Reason.FIELD_INVALID),
        ("data", bytes(1024), Reason.VECTOR_INVALID),
        ("data", bytes(1023), Reason.DIMENSION_MISMATCH),
        ("dimension", 0, Reason.FIELD_INVALID),
        ("dimension", 16_385, Reason.FIELD_INVALID),
        ("space", "", Reason.FIELD_INVALID),
        ("space", "a" * 129, Reason.FIELD_INVALID),
    ):
        good = {"data": bytes(1024), "dimension": 256, "space": "triptych-demo-1/text"}
        yield Broken(field, types_pb2.Vector(**{**good, field: value}), reason)


def regions() -> Iterator[Broken]:
    """Yield regions by an edge, and with none to blame but all together."""
    for edges, values in ((("left", "top"), (-0.1, 1.0, NAN)), (("right", "bottom"), (0.0, 1.1, NAN))):
        for edge in edges:
            for value in values:
                yield Broken(edge, types_pb2.BoundingBox(**{**BOX, edge: value}))
    for edges in ({"left": 0.95}, {"bottom": 0.1}, {"right": 0.101, "bottom": 0.101}):
        yield Broken("", types_pb2.BoundingBox(**{**BOX, **edges}), Reason.REGION_INVALID)


def under(field: str, inner: Broken, message: Message) -> Broken:
    """Return the case of *message*, which holds a broken one at *field*."""
    return Broken(f"{field}.{inner.field}".rstrip("."), message, inner.reason)
