"""Secrets come from files or the environment, and stay out of messages."""

import pytest

from gateway.settings import GatewaySettings
from services.search.settings import SearchSettings

KEY = "a key from a file, of 32 characters or more"


def test_a_folder_of_files_holds_settings(tmp_path, monkeypatch):
    """One file a variable, named as it is in either case, as a mounted Secret has them."""
    (tmp_path / "TRIPTYCH_GATEWAY_TOKEN_KEY").write_text(KEY + "\n")
    (tmp_path / "triptych_search_milvus_token").write_text("root:hunter2")
    monkeypatch.setenv("TRIPTYCH_SECRETS_DIR", str(tmp_path))

    assert KEY == GatewaySettings().token_key.get_secret_value()
    assert "root:hunter2" == SearchSettings().milvus_token.get_secret_value()


def test_the_environment_comes_before_files(tmp_path, monkeypatch):
    """As a person who tries something expects."""
    (tmp_path / "triptych_search_milvus_token").write_text("root:hunter2")
    monkeypatch.setenv("TRIPTYCH_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("TRIPTYCH_SEARCH_MILVUS_TOKEN", "root:other")

    assert "root:other" == SearchSettings().milvus_token.get_secret_value()


def test_a_folder_that_is_not_there_stops_the_start(tmp_path, monkeypatch):
    """A Secret that was not mounted is not taken for an empty one."""
    monkeypatch.setenv("TRIPTYCH_SECRETS_DIR", str(tmp_path / "nothing"))

    with pytest.raises(NotADirectoryError, match="TRIPTYCH_SECRETS_DIR"):
        GatewaySettings()


def test_what_is_refused_is_not_told(monkeypatch):
    """A value that breaks a rule may be a secret in the wrong place."""
    monkeypatch.setenv("TRIPTYCH_SEARCH_MILVUS_URI", "root:hunter2@milvus")

    with pytest.raises(ValueError, match="milvus_uri") as caught:
        SearchSettings()

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(SearchSettings(milvus_uri="http://a", milvus_token="root:hunter2"))
