"""Sets of characters as sequences of byte ranges: the UTF-8 of exactly those characters.

A range of code points is cut wherever the number of bytes changes, and wherever a continuation
byte would not run through all its values (as in Go's and Rust's regular expression engines).
"""

from __future__ import annotations

from collections.abc import Iterator

ENDS = (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)
SURROGATES = (0xD800, 0xDFFF)

ByteRanges = tuple[tuple[int, int], ...]
"""First and last byte at each place."""


def byte_ranges(first: int, last: int) -> Iterator[ByteRanges]:
    """The UTF-8 of code points `first` to `last`, without surrogates."""
    if first > last:
        return
    if first <= SURROGATES[1] and last >= SURROGATES[0]:
        yield from byte_ranges(first, SURROGATES[0] - 1)
        yield from byte_ranges(SURROGATES[1] + 1, last)
        return
    for end in ENDS:
        if first <= end < last:
            yield from byte_ranges(first, end)
            yield from byte_ranges(end + 1, last)
            return
    for place in (1, 2, 3):
        low = (1 << 6 * place) - 1
        if last <= 0x7F or first & ~low == last & ~low:
            continue
        if first & low:
            yield from byte_ranges(first, first | low)
            yield from byte_ranges((first | low) + 1, last)
            return
        if last & low != low:
            yield from byte_ranges(first, (last & ~low) - 1)
            yield from byte_ranges(last & ~low, last)
            return
    yield tuple(zip(chr(first).encode(), chr(last).encode(), strict=True))
