"""Ctrl-C during one long call of a library, when Python does not look at signals.

Python looks at signals between its own instructions. A call that computes for a minute outside of
Python (a tokenizer that is fitted, one product of large matrices) would put Ctrl-C off until it
returns. So a thread waits for the signal itself; if Python has not seen it shortly after, the
process ends, with the exit code of Ctrl-C. That is no worse than `kill -9`, after which
all that was saved is whole.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rnngen.contracts.errors import ExitCode
from rnngen.training.interrupts import must_not_be_cut

PATIENCE = 1.4
"""Seconds that Python has to see the signal."""

ENDING = {signal.SIGINT, signal.SIGTERM}
if sys.platform != "win32":
    ENDING.add(signal.SIGHUP)

SHOW_CURSOR = "\033[?25h"
"""A progress bar hides it."""


@contextmanager
def hard_end(patience: float = PATIENCE) -> Iterator[None]:
    """While it is entered, SIGINT, SIGTERM and SIGHUP end this process even inside a long call.

    It does nothing outside of the main thread.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    except ValueError:  # not the main thread
        os.close(read)
        os.close(write)
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_wait, args=(read, patience, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        # Python has seen the signal, even if the thread has not looked yet.
        over.set()
        signal.set_wakeup_fd(before)
        os.close(write)
        thread.join()
        os.close(read)


def _wait(read: int, patience: float, over: threading.Event) -> None:
    while signals := os.read(read, 64):
        if not ENDING & set(signals):
            continue
        place, end = _place(), time.monotonic() + patience
        while time.monotonic() < end:
            time.sleep(0.05)
            # Where it stands elsewhere it executes Python, which looks at signals.
            if over.is_set() or _place() != place or must_not_be_cut():
                break
        else:
            _end()


def _place() -> tuple[int, int]:
    """Where in the program the main thread stands."""
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    return id(frame), frame.f_lasti


def _end() -> None:
    cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
    with suppress(OSError):  # nobody listens
        os.write(2, f"{cursor}\nerror: interrupted; what was saved is whole\n".encode())
    os._exit(ExitCode.INTERRUPTED)
