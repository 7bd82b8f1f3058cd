"""Lets the threads of a matrix product sleep while they wait for each other.

OpenMP's threads turn in a loop while they wait. Where another program has the core that the awaited
thread needs, the loop takes it from that thread: with three busy programs on two cores, training
fell to a tenth of its speed, and less. A sleeping thread is woken a few microseconds later.

OpenMP reads its environment once, when torch is imported, so that this has to be set before. The
variable stays set, and programs that this process starts inherit it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, MutableMapping
from typing import Literal

POLICY = "OMP_WAIT_POLICY"
ASLEEP = "PASSIVE"
DECIDED_BY = (POLICY, "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""Variables by which users choose how threads wait; we do not override them."""

Outcome = Literal["asleep", "as the environment says", "as torch was imported"]


def wait_asleep(
    environment: MutableMapping[str, str] = os.environ, modules: Collection[str] | None = None
) -> Outcome:
    """Sets the policy, unless the user has set one or it is too late.

    Args:
        environment: of this process.
        modules: names of the imported modules; None: those of this process.
    """
    if any(name in environment for name in DECIDED_BY):
        return "as the environment says"
    if "torch" in (sys.modules if modules is None else modules):
        return "as torch was imported"
    environment[POLICY] = ASLEEP
    return "asleep"


OUTCOME = wait_asleep()
"""The outcome in this process."""
