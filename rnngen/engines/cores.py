"""Counts the cores that this process may use, and measures whether it gets them."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
TASKS = Path("/proc/self/task")


def available(root: Path = CGROUPS) -> int:
    """The cores that the machine, the affinity and the container let this process use.

    Args:
        root: where the limits of control groups are; a container sees its own there.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    limit = quota(root)
    return cores if limit is None else max(1, min(cores, math.ceil(limit)))


def quota(root: Path = CGROUPS) -> float | None:
    """The container's CPU limit in cores; None if there is no limit or it is unknown."""
    try:
        most, period = (root / "cpu.max").read_text().split()  # version 2
    except (OSError, ValueError):
        try:
            most = (root / "cpu/cpu.cfs_quota_us").read_text()  # version 1
            period = (root / "cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return None
    try:
        share = int(most) / int(period)
    except (ValueError, ZeroDivisionError):  # `max`
        return None
    return share if share > 0 else None


class Contention:
    """Measures how long this process waits for a core that other programs use.

    Linux counts, for each thread, how long it was ready to run and did not. Elsewhere there is the
    processor time of the process, which says less: it also stands still while a disk is awaited.
    """

    def __init__(self) -> None:
        self._at = self._now()

    def share(self) -> float:
        """Seconds that all threads together waited for a core, per second since the last call."""
        before, self._at = self._at, self._now()
        wall = max(self._at[0] - before[0], 1e-9)
        if self._at[1] is not None and before[1] is not None:
            return max(self._at[1] - before[1], 0.0) / wall
        taken = hasattr(os, "getloadavg") and os.getloadavg()[0] > available()
        return max(1.0 - (self._at[2] - before[2]) / wall, 0.0) if taken else 0.0

    def _now(self) -> tuple[float, float | None, float]:
        return time.monotonic(), waited(), time.process_time()


def waited(tasks: Path = TASKS) -> float | None:
    """Seconds that the live threads of this process waited for a core; None: not counted here."""
    total, counted = 0, False
    try:
        for task in tasks.iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[1])
                counted = True
            except (OSError, IndexError):  # the thread has just ended
                continue
    except OSError:
        return None
    return total / 1e9 if counted else None
