"""Memory that this process may still take, and errors for a wish that needs more.

    check_memory("a beam of width 10,000", 4e9, hint="use a smaller `-o width=...`")

An estimate counts only what is needed for certain, so that nothing is refused that could work.
"""

from __future__ import annotations

from pathlib import Path

from rnngen.contracts.errors import RnngenError, RunError, UsageError

SYSTEM = Path("/proc/meminfo")
OWN = Path("/proc/self/status")
CGROUPS = Path("/sys/fs/cgroup")

SMALL = 2**26
"""Bytes that are not worth a look at what is free."""

FAILED = (
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "out of memory",
    "std::bad_alloc",
    "storage size calculation overflowed",
)
"""What libraries say where memory ran out, in errors that have no type of their own."""


def available() -> int | None:
    """Bytes that this process may still take; None where that is not known.

    The least that the machine has free, the container allows, and `ulimit -v` allows.
    """
    found = [_machine(), _container(CGROUPS), _limit()]
    known = [amount for amount in found if amount is not None]
    return max(0, min(known)) if known else None


def check_memory(what: str, needed: float, *, hint: str, free: int | None = None) -> None:
    """Raises UsageError where `what` needs more bytes than this process may take.

    Args:
        what: a noun with its sizes: "a model of 4 layers".
        needed: bytes, at least.
        hint: what to make smaller.
        free: bytes there are; None: looked up.
    """
    if needed < SMALL:
        return
    free = available() if free is None else free
    if free is not None and needed > free:
        raise UsageError(
            f"{what} needs at least {size(needed)} of memory, but {size(free)} is free", hint=hint
        )


def out_of_memory(error: BaseException) -> RnngenError | None:
    """The error to show where memory ran out; None for any other error."""
    said = str(error).lower()
    known = isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError | OSError) and any(words in said for words in FAILED)
    )
    if not known:
        return None
    free = available()
    left = "" if free is None else f"; {size(free)} is free"
    return RunError(
        f"there is not enough memory{left}",
        hint="use a smaller model, batch or length, or end other programs",
    )


def size(count: float) -> str:
    """A number of bytes as a person reads it: `3.2 GB`."""
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 1000 or unit == "TB":
            break
    return f"{count:,.1f} {unit}"


def _machine() -> int | None:
    """Bytes that the machine has free."""
    return _field(SYSTEM, "MemAvailable:")


def _container(root: Path) -> int | None:
    """Bytes that the control group of a container leaves."""
    try:  # version 2
        limit = (root / "memory.max").read_text().strip()
        used = (root / "memory.current").read_text()
    except OSError:
        try:  # version 1
            limit = (root / "memory/memory.limit_in_bytes").read_text().strip()
            used = (root / "memory/memory.usage_in_bytes").read_text()
        except OSError:
            return None
    try:
        return int(limit) - int(used)
    except ValueError:  # `max`
        return None


def _limit() -> int | None:
    """Bytes of address space that `ulimit -v` leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except (ImportError, OSError, ValueError):
        return None
    used = _field(OWN, "VmSize:")
    if limit == resource.RLIM_INFINITY or used is None:
        return None
    return limit - used


def _field(file: Path, name: str) -> int | None:
    """A line of /proc, in bytes."""
    try:
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
