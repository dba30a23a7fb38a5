"""The gate, put together: settings → credentials, limits, audit log → gate."""

from contextlib import AsyncExitStack
from pathlib import Path

from gateway.adapters.audit import AuditLog
from gateway.adapters.credentials import Anybody, KeysAndTokens
from gateway.adapters.jwt_tokens import JwtTokens, Trust
from gateway.adapters.key_file import DefaultLimits, KeyFile
from gateway.core.access.limits import Limits
from gateway.core.access.ports import Credentials
from gateway.service.gate import AccessGate
from gateway.settings_access import AccessSettings
from triptych.runtime.logs import log


def gate_of(settings: AccessSettings, stack: AsyncExitStack) -> AccessGate:
    """Return the gate that *settings* ask for; what it opens closes with *stack*.

    Raises:
        OSError: a file of keys or the audit log cannot be used.
    """
    audit = AuditLog(Path(settings.audit_file) if settings.audit_file else None)
    stack.callback(audit.close)
    try:
        return AccessGate(credentials_of(settings), Limits(), audit)
    except ValueError as error:
        raise OSError(str(error)) from error


def credentials_of(settings: AccessSettings) -> Credentials:
    """Return what tells callers apart."""
    limits = DefaultLimits(settings.requests_per_second or None, settings.requests_at_once or None)
    if not settings.asks_for_credentials:
        log.warning(
            "no_credentials",
            hint="whoever reaches the gateway may do everything; set TRIPTYCH_GATEWAY_KEYS_FILE",
        )
        return Anybody(limits)
    keys = KeyFile(Path(settings.keys_file), limits) if settings.keys_file else None
    tokens = JwtTokens(trust_of(settings), limits) if settings.jwt_keys_file else None
    return KeysAndTokens(keys, tokens)


def trust_of(settings: AccessSettings) -> Trust:
    """Return what is asked of a token."""
    return Trust(
        Path(settings.jwt_keys_file),
        settings.jwt_algorithms,
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_leeway_seconds,
        settings.jwt_roles_claim,
        settings.jwt_catalogs_claim,
    )
