"""Chooses how the threads of a matrix product wait for each other: asleep, or spinning a little.

OpenMP's threads turn in a loop while they wait. Where another program has the core that the awaited
thread needs, the loop takes it from that thread: with three busy programs on two cores, training
fell to a tenth of its speed, and less. A sleeping thread is woken a few microseconds later. On a
quiet machine that costs small models half their speed: there threads spin for a moment first.

OpenMP reads its environment once, when torch is imported, so that this has to be set before. The
variable stays set, and programs that this process starts inherit it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, MutableMapping
from typing import Literal

POLICY = "OMP_WAIT_POLICY"
ASLEEP = "PASSIVE"
DECIDED_BY = (POLICY, "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""Variables by which users choose how threads wait; we do not override them."""

SPIN = "GOMP_SPINCOUNT"
A_MOMENT = "10000"
"""Turns of the loop before a thread sleeps: as fast as the library's 300000 on a quiet machine."""

LOAD = "/proc/loadavg"
SAMPLES, PAUSE = 5, 0.002

Outcome = Literal["asleep", "spinning first", "as the environment says", "as torch was imported"]


def others_run() -> bool:
    """Whether other programs use a quarter of the cores, at least one, right now.

    True where that is not known: sleeping costs less than spinning beside others.
    """
    try:
        seen = []
        for _ in range(SAMPLES):
            with open(LOAD, encoding="ascii") as load:
                seen.append(int(load.read().split()[3].partition("/")[0]) - 1)  # without this one
            time.sleep(PAUSE)
    except (OSError, ValueError, IndexError):
        return True
    return sorted(seen)[SAMPLES // 2] >= max(1, (os.cpu_count() or 1) // 4)


def wait_asleep(
    environment: MutableMapping[str, str] = os.environ,
    modules: Collection[str] | None = None,
    busy: bool | None = None,
) -> Outcome:
    """Sets the policy that suits, unless the user has set one or it is too late.

    Args:
        environment: of this process.
        modules: names of the imported modules; None: those of this process.
        busy: whether other programs run; None: looked up.
    """
    if any(name in environment for name in DECIDED_BY):
        return "as the environment says"
    if "torch" in (sys.modules if modules is None else modules):
        return "as torch was imported"
    if others_run() if busy is None else busy:
        environment[POLICY] = ASLEEP
        return "asleep"
    environment[SPIN] = A_MOMENT
    return "spinning first"


OUTCOME = wait_asleep()
"""The outcome in this process."""
