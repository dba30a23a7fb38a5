"""What a worker is told of the rooms."""

import dataclasses

import pytest

from bulk import encoding
from bulk.encoding import Worker, Workplace
from bulk.fragments import Fragment, fragments
from triptych.runtime.security.tls import TlsFiles


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
