"""Scores: what any kind of music is between reading and writing, a `symusic.Score` in ticks.

What comes from a file is not trusted: a few bytes of MIDI can claim a note of years, which would
become billions of steps. A checked score holds notes, tempi and time signatures, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnngen.errors import DataError, PluginError

LONGEST = 20_000
"""Beats a piece may have: close to three hours at 120 a minute."""

MOST_NOTES = 500_000
MOST_CHANGES = 20_000
"""Of the tempo or the time signature."""

SLOWEST, FASTEST = 4.0, 1000.0
"""Beats a minute."""

Score = Any
"""A `symusic.Score` in ticks."""


@dataclass(frozen=True)
class Tune:
    """A score to be made tokens of; its length is that of its notes."""

    score: Score

    def __len__(self) -> int:
        return int(self.score.note_num())


def symusic() -> Any:
    """The library `symusic`.

    Raises:
        PluginError: it is not installed; the hint has the extra.
    """
    try:
        import symusic
    except ImportError:
        raise missing("symusic") from None
    return symusic


def missing(package: str) -> PluginError:
    """The error for a package of the extra `music` that is not installed."""
    return PluginError(
        f"the domain `music` needs `{package}`, which is not installed",
        hint='pip install "rnngen[music]"',
    )


def checked(score: Score, name: str) -> Score:
    """The notes, tempi and time signatures of a score, within bounds.

    Args:
        score: as a library read it.
        name: of its file, for messages.

    Raises:
        DataError: it has no notes, or is beyond the bounds.
    """
    library = symusic()
    beat = score.ticks_per_quarter
    if not 1 <= beat <= 1 << 15:
        raise DataError(
            f"`{name}` counts {beat} ticks a beat, expected 1 to 32767",
            hint="a file with time in frames a second has to be converted to ticks a beat first",
        )
    count = sum(len(track.notes) for track in score.tracks)
    if count > MOST_NOTES:
        raise DataError(
            f"`{name}` has {count:,} notes, expected at most {MOST_NOTES:,}",
            hint="split it, or leave it out",
        )
    made = library.Score(beat)
    for track in score.tracks:
        drums = bool(track.is_drum)
        kept = library.Track(
            name=track.name, program=0 if drums else int(track.program), is_drum=drums
        )
        for note in track.notes:
            kept.notes.append(
                library.Note(note.time, max(1, note.duration), note.pitch, max(1, note.velocity))
            )
        if len(kept.notes):
            made.tracks.append(kept)
    if not count:
        raise DataError(
            f"`{name}` has no notes: there is nothing to learn from", hint="leave it out"
        )
    _check_length(made, beat, name)
    end = made.end()
    for change in score.tempos:
        if 0 <= change.time <= end:
            made.tempos.append(library.Tempo(change.time, min(FASTEST, max(SLOWEST, change.qpm))))
    for change in score.time_signatures:
        if 0 <= change.time <= end and change.numerator > 0 and change.denominator > 0:
            made.time_signatures.append(_with_quarters(change))
    for changes in (made.tempos, made.time_signatures):
        if len(changes) > MOST_CHANGES:
            raise DataError(
                f"`{name}` changes its tempo or metre {len(changes):,} times, expected at most "
                f"{MOST_CHANGES:,}",
                hint="leave it out",
            )
    return made


def _check_length(score: Score, beat: int, name: str) -> None:
    first = min(note.time for track in score.tracks for note in track.notes)
    longest = max(note.duration for track in score.tracks for note in track.notes)
    end = score.end()
    if first < 0 or max(end, longest) > LONGEST * beat:
        raise DataError(
            f"`{name}` lasts {max(end, longest) / beat:,.0f} beats, expected at most {LONGEST:,}",
            hint="a time stamp in it is damaged, or made to be; leave it out",
        )


def _with_quarters(change: Any) -> Any:
    """A signature of halves as one of quarters, so that a grid does not coarsen with the beat."""
    numerator, denominator = change.numerator, change.denominator
    while denominator < 4:
        numerator, denominator = 2 * numerator, 2 * denominator
    return symusic().TimeSignature(change.time, numerator, denominator)


def transposed(score: Score, semitones: int) -> Score | None:
    """All but the drums so many semitones up; None where a note would leave the range of MIDI."""
    pitched = [track for track in score.tracks if not track.is_drum]
    pitches = [note.pitch + semitones for track in pitched for note in track.notes]
    if not pitches or min(pitches) < 0 or max(pitches) > 127:
        return None
    moved = score.copy()
    for track in moved.tracks:
        if not track.is_drum:
            track.shift_pitch(semitones, inplace=True)
    return moved


def first_beats(score: Score, beats: float) -> Score:
    """The beginning of a score; notes that go on are cut."""
    return score.clip(0, round(beats * score.ticks_per_quarter), clip_end=True)


def join(scores: list[Score]) -> Score:
    """Several scores as one, each from the beat after the end of the one before.

    All have the same ticks a beat.
    """
    library = symusic()
    made = library.Score(scores[0].ticks_per_quarter)
    tracks: dict[tuple[int, bool], Any] = {}
    offset, beat = 0, made.ticks_per_quarter
    for score in scores:
        for track in score.tracks:
            key = track.program, track.is_drum
            if key not in tracks:
                tracks[key] = library.Track(name=track.name, program=key[0], is_drum=key[1])
            for note in track.notes:
                tracks[key].notes.append(
                    library.Note(note.time + offset, note.duration, note.pitch, note.velocity)
                )
        for change in score.tempos:
            made.tempos.append(library.Tempo(change.time + offset, change.qpm))
        for change in score.time_signatures:
            made.time_signatures.append(
                library.TimeSignature(change.time + offset, change.numerator, change.denominator)
            )
        offset += -(-score.end() // beat) * beat
    for track in tracks.values():
        made.tracks.append(track)
    return made
