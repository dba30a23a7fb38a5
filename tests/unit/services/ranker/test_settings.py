"""The room's settings and its documentation."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.ranker.settings import RankerSettings

README = Path(__file__).parents[4] / "services" / "ranker" / "README.md"


def test_environment(monkeypatch):
    """Settings are read from variables with the room's prefix."""
    monkeypatch.setenv("TRIPTYCH_RANKER_PORT", "17104")

    assert 17104 == RankerSettings().port


def test_frozen():
    """Settings do not change after they were read."""
    with pytest.raises(ValidationError):
        RankerSettings().port = 1


def test_documented():
    """The README names every setting of the room's own."""
    text = README.read_text("utf-8")

    for name in RankerSettings.__annotations__:
        assert f"TRIPTYCH_RANKER_{name.upper()}" in text
