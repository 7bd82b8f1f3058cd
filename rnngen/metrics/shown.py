"""Numbers as people read them, however large."""

from __future__ import annotations

import math


def fixed(value: float, digits: int, *, grouped: bool = False) -> str:
    """A number with this many decimals; one that would be very long as a power of ten.

    `3.1416`, `1.2346e+09`, `inf`, `nan`.
    """
    if math.isfinite(value) and abs(value) >= 1e9:
        return f"{value:.{digits}e}"
    return f"{value:,.{digits}f}" if grouped else f"{value:.{digits}f}"


def perplexity(nats: float) -> float:
    """exp(nats); infinite where no number is as large."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
