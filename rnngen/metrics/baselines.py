"""What simple models reach on the same text, for comparison with a trained model.

The n-gram model is interpolated modified Kneser-Ney (Chen and Goodman, "An empirical study of
smoothing techniques for language modeling", 1998, section 3): with D one of three discounts by
count, N_i(h) the number of steps seen i times after h, and h' the history without its first step,

    P(w | h) = (max(c(hw) - D(c(hw)), 0) + (D_1 N_1(h) + D_2 N_2(h) + D_3 N_3+(h)) P(w | h')) / c(h)

where c counts occurrences at the highest order and different left neighbours below it. The end of
the recursion is uniform over all steps, so that nothing has probability zero.
"""

from __future__ import annotations

import lzma
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnngen.metrics.shown import perplexity

ORDER = 5
"""Steps in an n-gram, the predicted one included."""

TRAIN_STEPS = 5_000_000
VALID_STEPS = 500_000
XZ_TRAIN_BYTES = 4 << 20
XZ_VALID_BYTES = 1 << 20
"""What is looked at of larger texts: the end of the training, the beginning of the held-out."""

FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
"""The discounts, where there are too few counts of counts to estimate them."""

Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Baseline:
    """What one simple model reaches on the held-out text; numbers that are not known are None.

    Args:
        name: `unigram`, `order-5 n-gram`, `xz`, `xz after the training text`.
        nats_per_token: mean negative log-likelihood of a step.
        bits_per_character: bits of the whole held-out text by its characters.
        bits_per_byte: the same by its bytes.
        perplexity: exp(nats_per_token).
        protocol: what was counted and how, and where less than the whole text was looked at.
    """

    name: str
    nats_per_token: float | None
    bits_per_character: float | None
    bits_per_byte: float | None
    perplexity: float | None
    protocol: str


def baselines(
    train_steps: NDArray[np.integer],
    valid_steps: NDArray[np.integer],
    size: int,
    *,
    characters: int | None = None,
    byte_count: int | None = None,
    train_text: bytes | None = None,
    valid_text: bytes | None = None,
) -> list[Baseline]:
    """Unigram, n-gram and, for text, xz.

    Args:
        train_steps: `[N]` ids from 0 to size - 1, boundaries included, in the order of the store.
        valid_steps: `[M]` held-out ids; each is predicted from those before it.
        size: how many different steps there are.
        characters: of the held-out text; without it there are no bits per character.
        byte_count: bytes of the held-out text; without it there are no bits per byte.
        train_text: the training text, or its end; without it `xz` stands alone.
        valid_text: the held-out text, or its beginning; without it there is no `xz`.
    """
    train = np.asarray(train_steps[-TRAIN_STEPS:], dtype=np.int64)
    valid = np.asarray(valid_steps[:VALID_STEPS], dtype=np.int64)
    total = len(valid_steps)
    found = []
    if len(train) and len(valid):
        said = _bounds("steps", len(train), len(train_steps), len(valid), total)
        model = NGram(train, size, ORDER)
        rows = [
            (
                "unigram",
                unigram_nats(train, valid, size),
                "counts of single steps, one added to each",
            ),
            (
                f"order-{ORDER} n-gram",
                model.nats(valid),
                f"interpolated modified Kneser-Ney over {ORDER} steps, history across documents",
            ),
        ]
        for name, nats, what in rows:
            mean = float(nats.mean())
            found.append(_baseline(name, mean * total, total, characters, byte_count, what + said))
    if valid_text:
        found += _xz(train_text, valid_text, total, characters, byte_count)
    return found


def _baseline(
    name: str,
    nats: float,
    steps: int,
    characters: int | None,
    byte_count: int | None,
    protocol: str,
) -> Baseline:
    """The baseline that spends `nats` on the whole held-out text."""
    bits = nats / math.log(2)
    per_token = nats / steps if steps else None
    return Baseline(
        name=name,
        nats_per_token=per_token,
        bits_per_character=bits / characters if characters else None,
        bits_per_byte=bits / byte_count if byte_count else None,
        perplexity=None if per_token is None else perplexity(per_token),
        protocol=protocol,
    )


def _bounds(unit: str, train: int, of_train: int, valid: int, of_valid: int) -> str:
    """The last part of a protocol: what was left out, if anything was."""
    said = ""
    if train < of_train:
        said += f"; fitted on the last {train:,} of {of_train:,} {unit}"
    if valid < of_valid:
        said += f"; measured on the first {valid:,} of {of_valid:,} held-out {unit}"
    return said


def unigram_nats(train: Steps, valid: Steps, size: int) -> Floats:
    """Nats of each step of `valid` under the frequencies of `train`, one added to each count."""
    counts = np.bincount(train, minlength=size) + 1.0
    nats: Floats = -np.log(counts / counts.sum())
    return nats[valid]


class NGram:
    """Interpolated modified Kneser-Ney over integer steps.

    Args:
        train: `[N]` ids from 0 to size - 1, at least one.
        size: how many different steps there are.
        order: steps in an n-gram, the predicted one included.
    """

    def __init__(self, train: Steps, size: int, order: int = ORDER) -> None:
        self.size, self.order = size, order
        # grams[n] of a position is the number of the n-gram that begins there: 0 for the empty one.
        grams = [np.zeros(len(train) + 1, dtype=np.int64)]
        self.levels: list[_Level] = []
        for n in range(1, min(order, len(train)) + 1):
            keys = grams[-1][: len(train) - n + 1] * size + train[n - 1 :]
            level, numbers = _numbered(keys)
            grams.append(numbers)
            self.levels.append(level)
        for n, level in enumerate(self.levels[:-1], start=1):
            # An n-gram is the end of as many (n+1)-grams as it has different left neighbours; the
            # one the text begins with has the beginning itself for a neighbour.
            ends = grams[n][self.levels[n].place + 1]
            level.counts = np.bincount(ends, minlength=len(level.known))
            level.counts[grams[n][0]] += 1
        for level in self.levels:
            level.smooth(size)

    def probabilities(self, steps: Steps) -> Floats:
        """P of each of `steps [M]` given those before it, `[M]`."""
        found = np.full(len(steps), 1.0 / self.size)
        # number[i]: which n-gram of the training text begins at i, -1 if it has no such one.
        number = np.zeros(len(steps), dtype=np.int64)
        for n, level in enumerate(self.levels, start=1):
            if n > len(steps):
                break
            history = number[: len(steps) - n + 1]
            number = level.find(history, steps[n - 1 :], self.size)
            found[n - 1 :] = level.interpolate(history, number, found[n - 1 :])
        return found

    def nats(self, steps: Steps) -> Floats:
        """-ln P of each of `steps [M]` given those before it."""
        nats: Floats = -np.log(self.probabilities(steps))
        return nats


class _Level:
    """The n-grams of one length: how often, after which history, with what discount.

    Args:
        known: number of the history times size plus last step, of each n-gram, ascending.
        counts: how often each occurs.
        place: where one occurrence of each begins.
    """

    def __init__(self, known: Steps, counts: Steps, place: Steps) -> None:
        self.known, self.counts, self.place = known, counts, place

    def smooth(self, size: int) -> None:
        """Discounted counts of n-grams, and the mass that each history leaves to shorter ones."""
        discounts = np.array([0.0, *_discounts(self.counts)])[np.minimum(self.counts, 3)]
        history = self.known // size
        self.total = np.bincount(history, weights=self.counts)
        self.left = np.bincount(history, weights=discounts)
        self.kept = self.counts - discounts

    def find(self, history: Steps, step: Steps, size: int) -> Steps:
        """The number of each n-gram, from that of its history and its last step; -1 if unseen."""
        keys = history * size + step
        place = np.minimum(np.searchsorted(self.known, keys), len(self.known) - 1)
        return np.where((history >= 0) & (self.known[place] == keys), place, -1)

    def interpolate(self, history: Steps, number: Steps, shorter: Floats) -> Floats:
        """P given the whole history, from P given the history without its first step."""
        # A history that only ends the training text has nothing after it, and so no total.
        inside = (history >= 0) & (history < len(self.total))
        row = np.where(inside, history, 0)
        total = np.where(inside, self.total[row], 0.0)
        kept = np.where(number >= 0, self.kept[number], 0.0)
        mixed = (kept + self.left[row] * shorter) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, mixed, shorter)


def _numbered(keys: Steps) -> tuple[_Level, Steps]:
    """The different keys, and for each position the number of its key among them.

    What `np.unique` does, without the stable sort that makes it take twice the time.
    """
    order = np.argsort(keys)
    ordered = keys[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    starts = np.flatnonzero(new)
    numbers = np.empty_like(keys)
    numbers[order] = np.cumsum(new) - 1
    counts = np.diff(np.append(starts, len(keys)))
    return _Level(ordered[starts], counts, order[starts]), numbers


def _discounts(counts: Steps) -> tuple[float, float, float]:
    """D_1, D_2, D_3+ from how many n-grams were counted once, twice, three and four times."""
    n1, n2, n3, n4 = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].tolist()
    if not n1 or not n2 or not n3:
        return FALLBACK_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    first, second, third = (min(value, float(most)) for most, value in enumerate(found, start=1))
    # Of a small text the estimates can come to nothing, and would leave none for what is unseen.
    return (first, second, third) if min(found) > 0 else FALLBACK_DISCOUNTS


def _xz(
    train_text: bytes | None,
    valid_text: bytes,
    steps: int,
    characters: int | None,
    byte_count: int | None,
) -> list[Baseline]:
    whole = byte_count or len(valid_text)
    valid = valid_text[:XZ_VALID_BYTES]
    scale = math.log(2) * 8 * whole / len(valid)
    what = "bytes of a .xz file at preset 9e"
    said = _bounds("bytes", 0, 0, len(valid), whole)
    alone = _baseline(
        "xz", _packed(valid) * scale, steps, characters, whole, f"{what}, held-out text alone{said}"
    )
    if not train_text:
        return [alone]
    train = train_text[-XZ_TRAIN_BYTES:]
    said = _bounds("bytes", len(train), len(train_text), len(valid), whole)
    gained = _packed(train + valid) - _packed(train)
    name, what = "xz after the training text", f"what held-out text adds to the {what}"
    return [alone, _baseline(name, gained * scale, steps, characters, whole, what + said)]


def _packed(text: bytes) -> int:
    return len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
