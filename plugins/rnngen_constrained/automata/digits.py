"""Whole numbers in a range, as ranges of digits place by place."""

from __future__ import annotations

from collections.abc import Iterator

Places = list[tuple[str, str]]
"""First and last digit at each place."""


def between(least: str, most: str) -> Iterator[Places]:
    """Ranges that together are the numbers from `least` to `most`, of as many digits as both."""
    if not least:
        yield []
        return
    zeros, nines = "0" * (len(least) - 1), "9" * (len(least) - 1)
    first, last = least[0], most[0]
    if first == last:
        for rest in between(least[1:], most[1:]):
            yield [(first, first), *rest]
        return
    if least[1:] != zeros:
        for rest in between(least[1:], nines):
            yield [(first, first), *rest]
        first = chr(ord(first) + 1)
    upper: list[Places] = []
    if most[1:] != nines:
        upper = [[(last, last), *rest] for rest in between(zeros, most[1:])]
        last = chr(ord(last) - 1)
    if first <= last:
        yield [(first, last), *[("0", "9")] * len(zeros)]
    yield from upper
