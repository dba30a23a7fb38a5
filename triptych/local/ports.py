"""Free ports of the loopback interface."""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return *count* different TCP ports that nobody listens on right now.

    Another process can take one before it is used: whoever starts a server on it must be ready to see it fail.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            # All interfaces, since Milvus listens on all of them.
            each.bind(("", 0))
        return [each.getsockname()[1] for each in sockets]


def free_port() -> int:
    """Return one free TCP port."""
    return free_ports(1)[0]


def bound(port: int) -> socket.socket | None:
    """Return a socket that is bound to *port*; None where somebody listens on it.

    As servers do: a port whose last connections are still closing is free.
    """
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        probe.close()
        return None
    return probe


def is_free(port: int) -> bool:
    """Return whether a server could listen on *port* now."""
    probe = bound(port)
    if probe is None:
        return False
    probe.close()
    return True
