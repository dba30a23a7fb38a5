"""What the gateway can be told from outside."""

import pytest
from pydantic import ValidationError

from gateway.main_tokens import token_key
from gateway.settings import GatewaySettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_KEY", "hunter2"),
        ("TOKEN_KEYS_ACCEPTED", '["0123456789abcdef0123456789abcdef", "hunter2"]'),
        ("TOKEN_KEYS_ACCEPTED", '["0123456789abcdef0123456789abcdef", ""]'),
    ],
)
def test_a_key_that_can_be_guessed_is_refused(monkeypatch, name, value):
    """At the start, and loudly; the message does not repeat it."""
    monkeypatch.setenv(f"TRIPTYCH_GATEWAY_{name}", value)

    with pytest.raises(ValidationError, match="fewer than 32 characters") as caught:
        GatewaySettings()

    assert "hunter2" not in str(caught.value)


def test_a_key_is_not_shown(monkeypatch):
    """Neither in logs nor in errors; it is used as it is."""
    key = "0123456789abcdef0123456789abcdef"
    other = key[::-1]
    monkeypatch.setenv("TRIPTYCH_GATEWAY_TOKEN_KEY", key)
    monkeypatch.setenv("TRIPTYCH_GATEWAY_TOKEN_KEYS_ACCEPTED", f'["{other}"]')

    settings = GatewaySettings()

    assert key not in repr(settings)
    assert other not in repr(settings)
    assert key == token_key(settings)
    assert [other] == [each.get_secret_value() for each in settings.token_keys_accepted]


def test_without_a_key_each_process_has_its_own(monkeypatch):
    """Long enough to sign with."""
    monkeypatch.delenv("TRIPTYCH_GATEWAY_TOKEN_KEY", raising=False)

    keys = {token_key(GatewaySettings()) for _ in range(2)}

    assert 2 == len(keys)
    assert all(len(key) >= 32 for key in keys)
