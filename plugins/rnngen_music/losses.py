"""What event tokens can't keep of a score."""

from __future__ import annotations

from collections.abc import Iterator

from rnngen_music.score import Score
from rnngen_music.tokenizer import SIGNATURES, Ranges

NEAR = 0.05
"""Largest change of a tempo, as a fraction of it, that is not worth a remark."""


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
