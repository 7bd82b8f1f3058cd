"""What a line or bar of progress says."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rnngen.metrics.shown import fixed

PER_SECOND = "_per_second"


def slowness(part: str, seconds: float, reason: str) -> str:
    """`step 12 takes long: 0:23 so far (other programs use the cores)`."""
    said = f"{part} takes long: {clock_time(seconds)} so far"
    return f"{said} ({reason})" if reason else said


def steps_done(step: int, total: int | None) -> str:
    """`1200/5000`, or `1200` where the end is not a number of steps."""
    return f"{step}/{total}" if total is not None else str(step)


def numbers(metrics: Mapping[str, float], eta: float | None) -> str:
    """Metrics in one line: `epoch 1.3  train 1.423  18.3k characters/s  grad 0.31  eta 0:41`."""
    parts = []
    for name, value in metrics.items():
        if math.isnan(value):
            continue
        if name == "epoch":
            parts.append(f"epoch {fixed(value, 1)}")
        elif name.endswith(PER_SECOND):
            steps_are = name.removesuffix(PER_SECOND).replace("_", " ")
            parts.append(f"{_thousands(value)} {steps_are}/s")
        elif name in {"grad_norm", "gradient_norm"}:
            parts.append(f"grad {fixed(value, 2)}")
        elif name == "learning_rate":
            parts.append(f"rate {value:.1e}")
        else:
            parts.append(f"{'train' if name == 'loss' else name} {fixed(value, 3)}")
    if eta is not None:
        parts.append(f"eta {clock_time(eta)}")
    return "  ".join(parts)


def clock_time(seconds: float) -> str:
    """`0:41`, `12:05` or `1:02:03`."""
    minutes, rest = divmod(math.ceil(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _thousands(value: float) -> str:
    if value >= 1e12:
        return f"{value:.1e}"
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.1f}{unit}"
    return f"{value:.0f}"
