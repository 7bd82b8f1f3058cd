"""What event tokens can't keep of a score, counted over all files and said once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rnngen_music.score import Score
from rnngen_music.tokenizer import SIGNATURES, Ranges

NEAR = 0.05
"""Largest change of a tempo, as a fraction of it, that is not worth a remark."""


@dataclass
class _Loss:
    pieces: int = 0
    last: int = -1
    amount: int = 0
    first: str = ""
    examples: dict[str, None] = field(default_factory=dict)


class Losses:
    """Counts what is lost, kind by kind.

    Args:
        remark: told each kind once, by `say`.
    """

    def __init__(self, remark: Callable[[str], None] = lambda text: None) -> None:
        self._remark = remark
        self._pieces = 0
        self._losses: dict[str, _Loss] = {}

    def piece(self) -> None:
        """Counts a piece that was read."""
        self._pieces += 1

    def add(self, what: str, name: str, amount: int = 0, example: str = "") -> None:
        """Counts a loss of a piece.

        Args:
            what: the kind, a phrase: `notes longer than 32 beats cut to that`.
            name: name of the piece or its file.
            amount: how many things are lost, 0 if they aren't counted.
            example: what exactly, for example `7/32`.
        """
        loss = self._losses.setdefault(what, _Loss(first=name))
        loss.pieces += loss.last != self._pieces
        loss.last = self._pieces
        loss.amount += amount
        if example:
            loss.examples[example] = None

    def say(self) -> None:
        """Tells all that was counted, one sentence a kind."""
        for what, loss in self._losses.items():
            examples = list(loss.examples)
            shown = ", ".join(examples[:3]) + (", ..." if len(examples) > 3 else "")
            amount = f"{loss.amount:,}" if loss.amount else ""
            counted = ": ".join(part for part in (amount, shown) if part)
            where = f"`{loss.first}`"
            if self._pieces > 1:
                where = f"{loss.pieces:,} of {self._pieces:,} pieces"
                where += f", the first in `{loss.first}`" if loss.pieces < self._pieces else ""
            self._remark(f"{where}: {what}{f' ({counted})' if counted else ''}")


def of_tokens(score: Score, ranges: Ranges) -> Iterator[tuple[str, int, str]]:
    """What the tokens of a score can't say: the kind, how many, and an example."""
    quarter = int(score.ticks_per_quarter)
    signs = [(sign.time, sign.numerator, sign.denominator) for sign in score.time_signatures]
    known = [sign if sign[1] in SIGNATURES.get(sign[2], ()) else (sign[0], 4, 4) for sign in signs]
    for sign, read in zip(signs, known, strict=True):
        if sign != read:
            yield "time signatures read as 4/4", 1, f"{sign[1]}/{sign[2]}"
    moved = _inside_bars(known, quarter)
    if moved:
        yield "time signatures inside a bar moved to the next bar", moved, ""
    cut = _cut(score, known or [(0, 4, 4)], ranges)
    if cut:
        yield f"notes longer than {ranges.longest} beats cut to that", cut, ""
    slowest, fastest, _ = ranges.tempi
    for change in score.tempos:
        kept = min(fastest, max(slowest, change.qpm))
        if abs(kept - change.qpm) > NEAR * change.qpm:
            yield f"tempi kept as {kept:g}", 1, f"{change.qpm:.4g}"


def _inside_bars(signs: list[tuple[int, int, int]], quarter: int) -> int:
    """How many time signatures begin inside a bar of the one before, which is 4/4 at first."""
    start, bar, moved = 0, 4 * quarter, 0
    for time, numerator, denominator in signs:
        over = (time - start) % bar if bar else 0
        if over:
            moved += 1
            # The tokens let it begin with the next bar.
            time += bar - over
        start, bar = time, 4 * quarter * numerator // denominator
    return moved


def _cut(score: Score, signs: list[tuple[int, int, int]], ranges: Ranges) -> int:
    """How many notes are longer than the tokens can say; a beat is that of the time signature."""
    quarter = int(score.ticks_per_quarter)
    starts = [sign[0] for sign in signs[1:]]
    cut = 0
    for track in score.tracks:
        notes = track.notes.numpy()
        for number, (_, _, denominator) in enumerate(signs):
            longest = ranges.longest * 4 * quarter // denominator
            here = notes["time"] >= (starts[number - 1] if number else 0)
            if number < len(starts):
                here &= notes["time"] < starts[number]
            cut += int((here & (notes["duration"] > longest)).sum())
    return cut
