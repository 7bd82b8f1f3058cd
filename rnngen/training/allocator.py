"""How the C library handles memory that a training step frees.

Every step frees and takes again the same large blocks. By default glibc gives such blocks back to
the system at once, and the system clears each page anew when it is touched next: with one layer of
512 cells that was a third of a training step. Told to keep them, it hands them out as they are.
"""

from __future__ import annotations

import ctypes
import platform

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_KEPT = 1 << 30
NEVER = (1 << 31) - 1


def keep_freed_blocks() -> bool:
    """Lets this process keep freed blocks of up to 1 GiB; whether it could.

    It does nothing where the C library is not glibc, or where another allocator was preloaded.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(M_TRIM_THRESHOLD, NEVER))
