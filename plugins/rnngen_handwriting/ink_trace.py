"""The points of InkML traces: values, first and second differences, wildcards, hexadecimals.

InkML (W3C 2011), section 3.2.1.
"""

from __future__ import annotations

import re

import numpy as np

from rnngen import DataError
from rnngen_handwriting.ink_format import Format
from rnngen_handwriting.strokes import Line

NUMBER = r"-?#[0-9A-Fa-f]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
VALUE = re.compile(rf"(?:[!'\"]\s*)?(?:{NUMBER}|[TF*?])|\S")
SAME, UNKNOWN = "*", "?"

MOST = 64
"""Most values of a point."""


def points(text: str, form: Format, where: str) -> Line:
    """The points of a trace, `[n,2]`; those whose place is unknown are left out.

    Args:
        text: what the trace holds.
        form: its channels.
        where: the trace, for messages.

    Raises:
        DataError: a point is damaged; names it.
    """
    found: list[tuple[float, float]] = []
    axes = (_Axis(), _Axis())
    for number, point in enumerate(text.strip().rstrip(",").split(",")):
        values = VALUE.findall(point)
        # Values at the end that repeat those of the point before may be left out.
        enough = len(values) >= (form.fewest if not number else max(form.x, form.y) + 1)
        if not enough or len(values) > (form.most or MOST):
            raise DataError(
                f"{where}: point {number} is `{point.strip()[:40]}`, expected "
                f"{form.fewest if form.most else 'two or more'} numbers"
            )
        known = [
            axis.move(values[place], f"{where}: point {number}")
            for axis, place in zip(axes, (form.x, form.y), strict=True)
        ]
        if all(known):
            found.append((axes[0].value * form.scale[0], axes[1].value * form.scale[1]))
    return np.array(found, np.float64).reshape(-1, 2)


class _Axis:
    """The value of a channel, which later values may be given relative to."""

    def __init__(self) -> None:
        self._mode = "!"
        self._given = 0.0
        self._velocity = 0.0
        self.value = 0.0

    def move(self, text: str, where: str) -> bool:
        """Takes the next value; returns whether it is known."""
        if text[0] in "!'\"":
            self._mode, text = text[0], text[1:].strip()
        if text == UNKNOWN:
            return False
        if text != SAME:
            self._given = _number(text, where)
        if self._mode == "!":
            self._velocity = self._given - self.value
        elif self._mode == "'":
            self._velocity = self._given
        else:
            self._velocity += self._given
        self.value += self._velocity
        return True


def _number(text: str, where: str) -> float:
    try:
        if "#" in text:
            return float(int(text.replace("#", ""), 16))
        return float(text)
    except (ValueError, OverflowError):
        raise DataError(f"{where} has `{text}`, expected a number") from None
