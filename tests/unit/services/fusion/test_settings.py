"""The room's settings and its documentation."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.fusion.metrics import GROUPS
from services.fusion.settings import FusionSettings

README = Path(__file__).parents[4] / "services" / "fusion" / "README.md"


def test_environment(monkeypatch):
    """Settings are read from variables with the room's prefix."""
    monkeypatch.setenv("TRIPTYCH_FUSION_TRITON_URL", "triton:8001")

    assert "triton:8001" == FusionSettings().triton_url


def test_frozen():
    """Settings do not change after they were read."""
    with pytest.raises(ValidationError):
        FusionSettings().port = 1


def test_documented():
    """The README names every setting of the room's own, and every metric."""
    text = README.read_text("utf-8")

    for name in FusionSettings.__annotations__:
        assert f"TRIPTYCH_FUSION_{name.upper()}" in text
    assert f"{GROUPS._name}_total" in text
