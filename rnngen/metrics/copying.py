"""How much of a generated text is copied from the training text, and the longest copy.

The sample is the small side: hashes of all its windows fit in memory. The training text is read
once, in blocks, whatever its size. The hash of a window is polynomial, modulo 2**64 (Karp and
Rabin, "Efficient randomized pattern-matching algorithms", 1987); every copy that is reported was
compared character by character, so a collision of hashes can't invent one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM = 32
"""Characters a copy must have to count in `share`.

About six English words: shorter common strings are idiom, longer ones are rarely met by chance.
"""

BLOCK = 1 << 20
"""Characters of the training text that are looked at together, at least."""

BASE = 0x5851F42D4C957F2D
MIX = 0x9E3779B97F4A7C15
SLOT_BITS = 22
MODULUS = 1 << 64

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Memorization:
    """The parts of a sample that were copied from the training text.

    Args:
        share: of the sample's characters, those inside a copy of at least `minimum` characters.
        longest: characters of the longest string that stands in both, 0 if they share none.
        offset: where in the training text the longest copy begins, in characters; None without one.
        position: where in the sample it begins; None without one.
        text: the longest copy itself.
        minimum: what counted as a copy for `share`.
        sample_size: characters of the sample.
        training_size: characters of the training text.
    """

    share: float
    longest: int
    offset: int | None
    position: int | None
    text: str
    minimum: int
    sample_size: int
    training_size: int

    def sentence(self) -> str:
        """What was found, in a sentence."""
        return (
            f"copied: {self.share:.1%} of {self.sample_size:,} generated characters appear in "
            f"the training text in pieces of {self.minimum} or more; the longest has "
            f"{self.longest}: {self.text[:80]!r}"
        )


def memorization(
    sample: str, training: Iterable[str], minimum: int = MINIMUM, block: int = BLOCK
) -> Memorization:
    """Compares a sample with the training text it was learned from.

    Time is linear in the training text (about 10 MB a second on one core), memory in the sample and
    `block`.

    Args:
        sample: generated text.
        training: the training text in order, in parts of any size; a copy may cross parts.
        minimum: characters a copy must have to count in `share`, at least 1.
        block: characters read at a time, at least.
    """
    if minimum < 1:
        raise ValueError(f"minimum is {minimum}, expected at least 1")
    codes = _codes(sample)
    # Blocks overlap by the length of the sample: no copy is longer, so each lies whole in a block.
    block = max(block, 4 * len(codes))
    powers = _Powers(block + len(codes))
    windows = _Windows(codes, minimum, powers)
    copied = np.zeros(max(len(codes) - minimum + 1, 0), dtype=bool)
    longest, offset, position = 0, 0, 0
    total = 0
    for start, text in _blocks(training, block, len(codes)):
        total = start + len(text)
        sums = powers.sums(text)
        windows.mark(copied, text, sums)
        found = _longer(codes, text, sums, powers, longest)
        if found is not None:
            longest, position, offset = found[0], found[1], start + found[2]
    covered = np.zeros(len(codes) + 1, dtype=np.int64)
    starts = np.flatnonzero(copied)
    np.add.at(covered, starts, 1)
    np.add.at(covered, starts + minimum, -1)
    inside = int(np.count_nonzero(np.cumsum(covered)[:-1]))
    return Memorization(
        share=inside / len(codes) if len(codes) else 0.0,
        longest=longest,
        offset=offset if longest else None,
        position=position if longest else None,
        text=sample[position : position + longest],
        minimum=minimum,
        sample_size=len(codes),
        training_size=total,
    )


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _blocks(parts: Iterable[str], block: int, overlap: int) -> Iterator[tuple[int, Codes]]:
    """Blocks of the text with their offsets; each begins with the end of the last one."""
    held: list[Codes] = []
    size = 0
    start = 0
    fresh = 0
    for part in parts:
        for begin in range(0, len(part), block):
            codes = _codes(part[begin : begin + block])
            held.append(codes)
            size += len(codes)
            fresh += len(codes)
            while size >= block + overlap:
                joined = np.concatenate(held)
                yield start, joined[: block + overlap]
                rest = joined[block:]
                held, size, fresh = [rest], len(rest), len(rest) - overlap
                start += block
    if fresh:
        yield start, np.concatenate(held)


class _Powers:
    """Powers of the base and of its inverse, modulo 2**64: what hashes are made of.

    With S[i] the sum of code[j] * BASE**j over j < i, the window of length n at i has the hash
    (S[i + n] - S[i]) * BASE**-i, the same wherever the window stands.
    """

    def __init__(self, size: int) -> None:
        self.up = self._series(BASE, size + 1)
        self.down = self._series(pow(BASE, -1, MODULUS), size + 1)

    @staticmethod
    def _series(base: int, size: int) -> Hashes:
        series = np.full(size, base, dtype=np.uint64)
        series[0] = 1
        return np.multiply.accumulate(series, dtype=np.uint64)

    def sums(self, codes: Codes) -> Hashes:
        mixed = (codes.astype(np.uint64) + np.uint64(1)) * np.uint64(MIX)
        mixed ^= mixed >> np.uint64(29)
        sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(mixed * self.up[: len(codes)], out=sums[1:])
        return sums

    def hashes(self, sums: Hashes, length: int) -> Hashes:
        """The hash of every window of `length` characters, by its beginning."""
        count = max(len(sums) - length, 0)
        return (sums[length:] - sums[:count]) * self.down[:count]


class _Windows:
    """All windows of one length of the sample, to be found in blocks of other text."""

    def __init__(self, codes: Codes, length: int, powers: _Powers) -> None:
        self.codes, self.length, self.powers = codes, length, powers
        hashes = powers.hashes(powers.sums(codes), length)
        self.order = np.argsort(hashes, kind="stable")
        self.sorted = hashes[self.order]
        # One bit says of most windows of a block, at once, that the sample has no such window.
        self.slots = np.zeros(1 << SLOT_BITS, dtype=bool)
        self.slots[_slot(hashes)] = True

    def hits(self, sums: Hashes) -> tuple[Indices, Hashes]:
        """Where in the block stand windows with the hash of one of the sample's, and the hashes."""
        hashes = self.powers.hashes(sums, self.length)
        places = np.flatnonzero(self.slots[_slot(hashes)])
        hashes = hashes[places]
        if not len(places) or not len(self.sorted):
            return places[:0], hashes[:0]
        nearest = np.minimum(np.searchsorted(self.sorted, hashes), len(self.sorted) - 1)
        same = self.sorted[nearest] == hashes
        return places[same], hashes[same]

    def mark(self, copied: NDArray[np.bool_], text: Codes, sums: Hashes) -> None:
        """Marks in `copied` the windows of the sample that stand in the block."""
        places, hashes = self.hits(sums)
        if not len(places):
            return
        hashes, first = np.unique(hashes, return_index=True)
        places = places[first]
        index = np.minimum(np.searchsorted(hashes, self.sorted), len(hashes) - 1)
        candidates = np.flatnonzero((hashes[index] == self.sorted) & ~copied[self.order])
        steps = np.arange(self.length)
        rows = max(1, BLOCK // self.length)
        for begin in range(0, len(candidates), rows):
            some = candidates[begin : begin + rows]
            mine, theirs = self.order[some], places[index[some]]
            equal = self.codes[mine[:, None] + steps] == text[theirs[:, None] + steps]
            copied[mine[equal.all(axis=1)]] = True

    def common(self, text: Codes, sums: Hashes) -> tuple[int, int] | None:
        """One window that stands in both: its position in the sample and in the block."""
        for place, value in zip(*self.hits(sums), strict=True):
            theirs = text[place : place + self.length]
            low = int(np.searchsorted(self.sorted, value, side="left"))
            high = int(np.searchsorted(self.sorted, value, side="right"))
            for mine in self.order[low:high]:
                if np.array_equal(self.codes[mine : mine + self.length], theirs):
                    return int(mine), int(place)
        return None


def _slot(hashes: Hashes) -> Hashes:
    # The low bits of a product depend on few bits of its factors, the high ones on all.
    return (hashes * np.uint64(MIX)) >> np.uint64(64 - SLOT_BITS)


def _longer(
    codes: Codes, text: Codes, sums: Hashes, powers: _Powers, longest: int
) -> tuple[int, int, int] | None:
    """The longest common string, if longer than `longest`: its length, and where in both it stands.

    Whether there is one of a given length falls from yes to no once: try one more, double, bisect.
    """
    found = None
    high = min(len(codes), len(text)) + 1
    low, step = longest, 1
    while low + 1 < high:
        length = min(low + step, high - 1) if step else (low + high) // 2
        places = _Windows(codes, length, powers).common(text, sums)
        if places is None:
            high, step = length, 0
        else:
            found = (length, *places)
            low, step = length, 2 * step
    return found
