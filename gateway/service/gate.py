"""The gate of the gateway: every public RPC passes it, with who calls, whether they may, and what is noted of it."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from gateway.core.access import current
from gateway.core.access.limits import Limits
from gateway.core.access.model import Caller
from gateway.core.access.ports import Audit, Credentials
from gateway.core.access.rules import RULES, Rule, Scope
from gateway.metrics_access import DENIED
from gateway.translate import access
from triptych.runtime.gate import Behaviour, Context
from triptych.vocabulary.errors import PermissionDenied, Reason, TriptychError
from triptych.vocabulary.roles import EVERY_CATALOG

PACKAGE = "/triptych.v1."


class AccessGate:
    """Implements `triptych.runtime.gate.Gate`."""

    def __init__(self, credentials: Credentials, limits: Limits, audit: Audit) -> None:
        self._credentials, self._limits, self._audit = credentials, limits, audit

    def admit(self, method: str, metadata: Mapping[str, str | bytes]) -> None:
        """See `Gate`: who calls is known, has the role, and is not too fast."""
        rule, caller = rule_of(method), None
        try:
            caller = self._credentials.caller(access.sent(metadata))
            check_role(caller, rule)
            self._limits.take(caller)
        except TriptychError as error:
            DENIED.labels(error.reason.value).inc()
            # Strangers, and callers that are too fast, could fill the log: they are counted.
            if rule.is_write and caller and error.reason is not Reason.RATE_LIMITED:
                self._audit.note(caller=caller.id, rpc=rpc_of(method), outcome=error.reason.value)
            raise
        current.enter(caller)

    def guard(self, method: str, behaviour: Behaviour) -> Behaviour:
        """See `Gate`: the caller may use the catalogue; writes are noted."""
        rule = rule_of(method)

        async def guarded(request: Any, context: Context) -> Any:
            noted = Noted(self._audit, rpc_of(method), rule, current.caller(), context.peer())
            try:
                with self._limits.at_once(noted.caller):
                    if isinstance(request, AsyncIterator):
                        sent = access.sent(dict(context.invocation_metadata() or ()))
                        response = await behaviour(self._watched(request, sent, noted), context)
                    else:
                        noted.look_at(request)
                        response = await behaviour(request, context)
            except TriptychError as error:
                if error.reason in {Reason.CATALOG_NOT_ALLOWED, Reason.CONCURRENCY_LIMITED}:
                    DENIED.labels(error.reason.value).inc()
                noted.end(error.reason.value)
                raise
            except BaseException:
                noted.end("CANCELLED_OR_FAILED")
                raise
            noted.end("OK", response)
            return response

        return guarded

    async def _watched(self, messages: AsyncIterator[Any], sent: str, noted: "Noted") -> AsyncIterator[Any]:
        """Yield the messages of a stream, each after a look whether its caller may still send."""
        async for message in messages:
            noted.still(self._credentials.caller(sent))
            if message.HasField("start"):
                noted.look_at(message.start)
            else:
                noted.count(message.items)
            yield message


class Noted:
    """A call, as it will stand in the audit log."""

    def __init__(self, audit: Audit, rpc: str, rule: Rule, caller: Caller, peer: str) -> None:
        self.caller, self._peer = caller, peer
        self._audit, self._rpc, self._rule = audit, rpc, rule
        self._catalog: str | None = None
        self._items: int | None = None
        self._began = time.perf_counter()

    def look_at(self, request: Any) -> None:
        """Learn what *request* is about.

        Raises:
            PermissionDenied: CATALOG_NOT_ALLOWED.
        """
        if self._rule.scope is Scope.NAMED:
            self._catalog = access.catalog_of(request)
        elif self._rule.scope is Scope.EVERY:
            self._catalog = EVERY_CATALOG
        self._check_catalog()
        if self._rule.items in request.DESCRIPTOR.fields_by_name:
            self.count(request)

    def still(self, caller: Caller) -> None:
        """See that the *caller*, of whom other things may be known by now, may go on.

        Raises:
            PermissionDenied: ROLE_MISSING, CATALOG_NOT_ALLOWED.
        """
        check_role(caller, self._rule)
        self.caller = caller
        self._check_catalog()

    def count(self, request: Any) -> None:
        """Count the items of *request*."""
        self._items = (self._items or 0) + len(getattr(request, self._rule.items))

    def end(self, outcome: str, response: Any = None) -> None:
        """Write the line, if the call is a write."""
        if not self._rule.is_write:
            return
        self._audit.note(
            caller=self.caller.id,
            peer=self._peer,
            rpc=self._rpc,
            catalog=self._catalog,
            items=self._items,
            **access.outcome_counts(response),
            outcome=outcome,
            ms=round((time.perf_counter() - self._began) * 1e3, 2),
        )

    def _check_catalog(self) -> None:
        if self._catalog is not None and not self.caller.may_use(self._catalog):
            raise current.not_allowed(self._catalog)


def rpc_of(method: str) -> str:
    """Return "CatalogService/UpsertProducts" of "/triptych.v1.CatalogService/UpsertProducts"."""
    return method.removeprefix(PACKAGE)


def rule_of(method: str) -> Rule:
    """Return what *method* asks of its caller; an RPC without a rule is a fault of ours, and refused."""
    return RULES[rpc_of(method)]


def check_role(caller: Caller, rule: Rule) -> None:
    """See that the roles of *caller* are enough.

    Raises:
        PermissionDenied: ROLE_MISSING.
    """
    if caller.may(rule.role):
        return
    role = rule.role.name.lower()
    raise PermissionDenied(
        f"The caller needs the role {role}.", reason=Reason.ROLE_MISSING, metadata={"role": role}
    )
