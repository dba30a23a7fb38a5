"""What stands before a room's RPCs: who may call them, and how often."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import grpc

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Behaviour = Callable[[Any, Context], Awaitable[Any]]


class Gate(Protocol):
    """Admits calls and guards what they do. Health checks and reflection do not pass it."""

    def admit(self, method: str, metadata: Mapping[str, str | bytes]) -> None:
        """Look at a call of *method* ("/package.Service/Method") before anything of its request is read.

        Runs in the task that serves the call: what it puts in context variables is seen by everything that follows.

        Raises:
            TriptychError: the call is refused.
        """

    def guard(self, method: str, behaviour: Behaviour) -> Behaviour:
        """Return *behaviour* of *method* that looks at requests, which are valid, before they are served.

        The behaviour of a stream is handed an asynchronous iterator in place of the request.
        """


class Gates:
    """Several gates, one behind the other."""

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = tuple(gates)

    def admit(self, method: str, metadata: Mapping[str, str | bytes]) -> None:
        """See `Gate`."""
        for gate in self._gates:
            gate.admit(method, metadata)

    def guard(self, method: str, behaviour: Behaviour) -> Behaviour:
        """See `Gate`."""
        for gate in reversed(self._gates):
            behaviour = gate.guard(method, behaviour)
        return behaviour
