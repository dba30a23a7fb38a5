"""What the gateway can be told from outside."""

import pytest
from pydantic import ValidationError

from gateway.main import token_key
from gateway.settings import GatewaySettings


def test_a_key_that_can_be_guessed_is_refused(monkeypatch):
    """At the start, and loudly; the message does not repeat it."""
    monkeypatch.setenv("TRIPTYCH_GATEWAY_TOKEN_KEY", "hunter2")

    with pytest.raises(ValidationError, match="fewer than 32 characters") as caught:
        GatewaySettings()

    assert "hunter2" not in str(caught.value)


def test_a_key_is_not_shown(monkeypatch):
    """Neither in logs nor in errors; it is used as it is."""
    key = "0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("TRIPTYCH_GATEWAY_TOKEN_KEY", key)

    settings = GatewaySettings()

    assert key not in repr(settings)
    assert key == token_key(settings)


def test_without_a_key_each_process_has_its_own(monkeypatch):
    """Long enough to sign with."""
    monkeypatch.delenv("TRIPTYCH_GATEWAY_TOKEN_KEY", raising=False)

    keys = {token_key(GatewaySettings()) for _ in range(2)}

    assert 2 == len(keys)
    assert all(len(key) >= 32 for key in keys)
