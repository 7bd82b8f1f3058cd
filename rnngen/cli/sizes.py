"""Sizes and ages as people read them, and as they write them."""

from __future__ import annotations

UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def size(count: int) -> str:
    """`1.2 GB`, `340 kB`, `17 B`."""
    for unit, factor in UNITS:
        # What rounds up to 1000 of a unit is 1 of the next.
        if count >= factor * 0.9995:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def age(seconds: float) -> str:
    """`12 s`, `5 min`, `3 h`, `40 d`."""
    seconds = max(seconds, 0.0)
    for unit, factor in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= factor:
            return f"{seconds // factor:.0f} {unit}"
    return f"{seconds:.0f} s"
