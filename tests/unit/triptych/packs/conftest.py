import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_packs import make_pack


@pytest.fixture
def pack_folder(tmp_path):
    """The folder of a sound pack."""
    return make_pack(tmp_path / "shop-1")
