"""Runs Python with an end tied to its parent's: `python -m triptych.local.bound -m services.encoder.main`.

When the parent is gone, even by `kill -9`, the kernel kills what runs here: nothing of the suite is left behind.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def bound_command(command: list[str]) -> list[str]:
    """Return *command*, which starts with this interpreter, tied to the process that will start it."""
    return [sys.executable, "-m", "triptych.local.bound", *command[1:]]


def main() -> None:
    """Ask the kernel, then become the program."""
    libc = ctypes.CDLL(None, use_errno=True)
    # Kept across execve, and not inherited by children.
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
