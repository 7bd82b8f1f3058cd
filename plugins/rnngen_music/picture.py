"""Scores as pictures: a piano roll, time to the right, pitch upwards, one colour per instrument."""

from __future__ import annotations

import io
from typing import Any

from rnngen_music.frames import note_name
from rnngen_music.score import Score, missing

WIDEST = 14.0
"""Inches."""


def png(score: Score) -> bytes:
    """The piano roll of a score as a PNG.

    Raises:
        PluginError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import MultipleLocator
    except ImportError:
        raise missing("matplotlib") from None

    beats = score.end() / score.ticks_per_quarter
    pitches = [note.pitch for track in score.tracks for note in track.notes] or [60]
    low, high = min(pitches) - 2, max(pitches) + 2
    size = min(WIDEST, max(6.0, beats / 5)), min(7.0, max(2.4, (high - low) / 10))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, track in enumerate(score.tracks):
        _draw(axes, track, f"C{number % 10}", score.ticks_per_quarter)
    for pitch in range(low, high + 1):
        if pitch % 12 in (1, 3, 6, 8, 10):
            axes.axhspan(pitch - 0.5, pitch + 0.5, color="0.94", zorder=0)
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    axes.set_yticks(octaves, [note_name(pitch) for pitch in octaves])
    axes.set(xlim=(0, max(beats, 4)), ylim=(low, high), xlabel="beats")
    bar = _bar(score)
    axes.xaxis.set_major_locator(MultipleLocator(bar * max(1, round(beats / bar / 12))))
    axes.grid(axis="x", color="0.8", linewidth=0.6)
    axes.set_axisbelow(True)
    if len(score.tracks) > 1:
        figure.legend(loc="outside upper right", fontsize="small", ncols=4, frameon=False)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _draw(axes: Any, track: Any, colour: str, beat: int) -> None:
    """Draws one rectangle per note, paler for softer notes."""
    from matplotlib.colors import to_rgba

    if not len(track.notes):
        return
    notes = list(track.notes)
    axes.barh(
        [note.pitch for note in notes],
        [note.duration / beat for note in notes],
        left=[note.time / beat for note in notes],
        height=0.9,
        color=[to_rgba(colour, 0.35 + 0.65 * note.velocity / 127) for note in notes],
        edgecolor="white",
        linewidth=0.4,
        label=track.name or ("drums" if track.is_drum else f"program {track.program}"),
        zorder=2,
    )


def _bar(score: Score) -> float:
    """Beats per bar, from the first time signature."""
    first = next(iter(score.time_signatures), None)
    return 4.0 if first is None else max(1.0, 4.0 * first.numerator / first.denominator)
