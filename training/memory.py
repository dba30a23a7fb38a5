"""Memory that one step frees is kept for the next.

glibc hands blocks of more than 32 MiB back to the kernel as soon as they are freed, and the kernel clears them anew when
the next step asks for them: half of the processor's time in a training of a CNN.
"""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_KEPT_BYTES_MAX = 2**31 - 1


def keep_freed_memory() -> None:
    """Ask malloc of this process to keep what it frees; does nothing where it is not glibc's."""
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES_MAX)
    library.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES_MAX)
