"""What a worker is told of the rooms."""

import dataclasses

import pytest

from bulk import encoding
from bulk.encoding import BATCH, BATCH_BYTES, Worker, Workplace, batches
from bulk.fragments import Fragment, fragments
from triptych.cli.product_files import Line
from triptych.runtime.security.tls import TlsFiles
from triptych.v1.types_pb2 import Media, Product


class Stop(Exception):
    """Nothing more is to be seen."""


def test_rooms_are_called_with_tls(tmp_path, monkeypatch):
    """Both, with the files that the job names."""
    calls = []

    def opened(address, tls):
        calls.append((address, tls))
        if len(calls) == 2:
            raise Stop

    monkeypatch.setattr(encoding, "open_channel", opened)
    (tmp_path / "a.jsonl").write_text('{"id": "a", "title": "mug"}')
    (piece,) = fragments([tmp_path / "a.jsonl"], 10)
    assert isinstance(piece, Fragment)
    tls = TlsFiles("a.pem", "a.key", "ca.pem")

    with pytest.raises(Stop):
        Worker(Workplace("e:1", "f:1", str(tmp_path), str(tmp_path), tls))(dataclasses.asdict(piece))

    assert [("e:1", tls), ("f:1", tls)] == calls


def line_of(size=0):
    """Return a line of a product with a picture of so many bytes."""
    return Line(1, "", Product(id="a", images=[Media(data=b"x" * size)]))


def lengths(lines):
    """Return how many lines each batch has."""
    return [len(each) for each in batches(lines)]


def test_batches_are_full():
    """And the last one has what is left; lines without a product count as any."""
    assert [BATCH, 1] == lengths([line_of()] * BATCH + [Line(2, "", None, "no product")])
    assert [] == lengths([])


def test_batches_fit_a_message():
    """Large products make fewer, and one larger than any batch goes alone."""
    third = line_of(BATCH_BYTES // 3)
    assert [2, 1, 2] == lengths([third, third, line_of(BATCH_BYTES + 1), third, third])
