"""Serialised messages, broken on the wire."""

import random

from google.protobuf.message import Message


def wire(drawn: random.Random, message: Message) -> bytes:
    """Return *message* as bytes: six times in ten whole, three times broken, or bytes that never were one."""
    data = bytes(message.SerializeToString())
    kind = drawn.random()
    if kind < 0.6:
        return data
    if kind < 0.9:
        return drawn.choice((truncated, flipped, spliced, unknown, not_utf8, nested, doubled))(drawn, data)
    return drawn.randbytes(drawn.choice((0, 1, 2, 10, 100, 1000)))


def truncated(drawn: random.Random, data: bytes) -> bytes:
    """Leave the end out."""
    return data[: drawn.randrange(len(data) + 1)]


def flipped(drawn: random.Random, data: bytes) -> bytes:
    """Turn some bits around."""
    bits = bytearray(data)
    for _ in range(drawn.choice((1, 1, 3, 10)) if bits else 0):
        bits[drawn.randrange(len(bits))] ^= 1 << drawn.randrange(8)
    return bytes(bits)


def spliced(drawn: random.Random, data: bytes) -> bytes:
    """Put other bytes in the place of some."""
    start = drawn.randrange(len(data) + 1)
    return data[:start] + drawn.randbytes(drawn.randrange(1, 9)) + data[start + drawn.randrange(5) :]


def unknown(drawn: random.Random, data: bytes) -> bytes:
    """Add a field that no schema has: a number, bytes, or the start of a group that never ends."""
    return data + drawn.choice((b"\xf8\xff\x03\x01", b"\xfa\xff\x03\x05hello", b"\xfb\xff\x03"))


def not_utf8(drawn: random.Random, data: bytes) -> bytes:
    """Put a byte that is no text into the place of a letter."""
    places = [at for at, byte in enumerate(data) if chr(byte).isalpha()]
    if not places:
        return b"\x0a\x02\xff\xfe"
    at = drawn.choice(places)
    return data[:at] + b"\xff" + data[at + 1 :]


def nested(drawn: random.Random, data: bytes) -> bytes:
    """Wrap the message into itself, deeper than any parser goes."""
    tag = bytes([drawn.randrange(1, 16) << 3 | 2])
    for _ in range(drawn.choice((1, 20, 120))):
        data = tag + varint(len(data)) + data
    return data


def doubled(drawn: random.Random, data: bytes) -> bytes:
    """Say everything twice, or a number in more bytes than there are numbers."""
    return drawn.choice((data + data, data + b"\x08" + b"\xff" * 10 + b"\x01"))


def varint(number: int) -> bytes:
    """Return *number* as protobuf writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
