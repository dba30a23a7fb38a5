"""Secrets of the local suite."""

import stat

from triptych.local.keys import token_key


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path):
    """A suite that starts again reads the tokens that it gave out."""
    first, second = token_key(tmp_path), token_key(tmp_path)

    assert first == second
    assert len(first) >= 32
    assert 0o600 == stat.S_IMODE((tmp_path / "token_key").stat().st_mode)
