"""What travels with clients and comes back, put together: settings → the key → tokens of each purpose."""

import secrets
from dataclasses import dataclass

from gateway.adapters.attributions import SealedAttributions
from gateway.adapters.chains import SealedChains
from gateway.adapters.cursors import SealedCursors
from gateway.adapters.resuming import SealedResumes
from gateway.settings import TOKEN_KEY_CHARACTERS_MIN, GatewaySettings
from triptych.runtime.logs import log


@dataclass(frozen=True)
class Tokens:
    """Tokens of a search's pages, of lists, of answers that were shown, and of streams."""

    chains: SealedChains
    cursors: SealedCursors
    attributions: SealedAttributions
    resumes: SealedResumes


def tokens_of(settings: GatewaySettings) -> Tokens:
    """Return the tokens that *settings* ask for, all by one key."""
    key, accepted = token_key(settings), [each.get_secret_value() for each in settings.token_keys_accepted]
    return Tokens(
        SealedChains(key, settings.page_token_minutes * 60, accepted=accepted),
        SealedCursors(key, accepted),
        SealedAttributions(key, accepted),
        SealedResumes(key, accepted),
    )


def token_key(settings: GatewaySettings) -> str:
    """Return the key by which tokens are signed; where none is set, one of this process alone."""
    key = settings.token_key.get_secret_value()
    if not key:
        log.warning("no_token_key", hint="tokens end with this process; set TRIPTYCH_GATEWAY_TOKEN_KEY")
    return key or secrets.token_urlsafe(TOKEN_KEY_CHARACTERS_MIN)
