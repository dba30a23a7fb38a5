"""Settings of a suite whose folder and ports nobody else has."""

import pytest

from triptych.local.ports import free_ports
from triptych.local.settings import SuiteSettings

PORTS = [name for name in SuiteSettings.model_fields if name.endswith("_port")]


@pytest.fixture
def settings(tmp_path):
    return SuiteSettings(state=tmp_path / "suite", **dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
