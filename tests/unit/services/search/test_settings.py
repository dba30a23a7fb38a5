"""Settings of the search service."""

import pytest
from pydantic import ValidationError

from services.search.settings import SearchSettings


def test_the_token_is_not_shown(monkeypatch):
    """A secret read from the environment stays out of logs."""
    monkeypatch.setenv("TRIPTYCH_SEARCH_MILVUS_TOKEN", "root:secret")

    settings = SearchSettings()

    assert "root:secret" == settings.milvus_token.get_secret_value()
    assert "secret" not in repr(settings).replace("SecretStr", "")


@pytest.mark.parametrize("uri", ["127.0.0.1:7530", "ftp://host", ""])
def test_an_address_that_is_none_is_refused_at_the_start(monkeypatch, uri):
    """A wrong setting stops the service, loudly, before it serves."""
    monkeypatch.setenv("TRIPTYCH_SEARCH_MILVUS_URI", uri)

    with pytest.raises(ValidationError):
        SearchSettings()
