"""The room's settings and its documentation."""

from pathlib import Path

import pytest
from prometheus_client import Counter
from pydantic import ValidationError

from services.encoder import metrics
from services.encoder.settings import EncoderSettings

README = Path(__file__).parents[4] / "services" / "encoder" / "README.md"


def test_environment(monkeypatch):
    """Settings are read from variables with the room's prefix; lists are JSON."""
    monkeypatch.setenv("TRIPTYCH_ENCODER_TRITON_URL", "triton:8001")
    monkeypatch.setenv("TRIPTYCH_ENCODER_URI_ALLOW", '["file:///data/media/"]')

    settings = EncoderSettings()

    assert ("triton:8001", ("file:///data/media/",)) == (settings.triton_url, settings.uri_allow)


def test_no_uris_by_default():
    """Nothing may be fetched unless an operator says so."""
    assert ((), False) == (EncoderSettings().uri_allow, EncoderSettings().uri_allow_private_hosts)


def test_frozen():
    """Settings do not change after they were read."""
    with pytest.raises(ValidationError):
        EncoderSettings().port = 1


@pytest.mark.parametrize("name", EncoderSettings.__annotations__)
def test_settings_are_documented(name):
    """The README has a row for every setting of the room's own, with its default."""
    rows = [
        row for row in README.read_text("utf-8").splitlines() if f"`TRIPTYCH_ENCODER_{name.upper()}`" in row
    ]
    if name == "model_config":
        return
    default = getattr(EncoderSettings(), name)
    shown = {(): "`[]`", True: "`true`", False: "`false`"}.get(default, str(default))

    assert 1 == len(rows)
    assert f"| {shown} |" in rows[0]


def test_metrics_are_documented():
    """The README names every metric of the room's own."""
    text = README.read_text("utf-8")

    for metric in (
        metrics.PARTS,
        metrics.VECTORS,
        metrics.FETCHES,
        metrics.DECODE_SECONDS,
        metrics.MODEL_SECONDS,
        metrics.BATCH_ROWS,
    ):
        assert f"`{metric._name}{'_total' if isinstance(metric, Counter) else ''}`" in text
