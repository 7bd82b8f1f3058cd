"""Scores: the common form of all music between reading and writing, a `symusic.Score` in ticks.

Files are not trusted: a few bytes of MIDI can claim a note that lasts years, which would become
billions of steps. A checked score holds notes, tempi and time signatures, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnngen import DataError, PluginError
from rnngen_music.midi_file import Song

LONGEST = 20_000
"""Most beats in a piece: close to three hours at 120 beats per minute."""

SLOWEST, FASTEST = 4.0, 1000.0
"""Tempo limits in beats per minute."""

Score = Any
"""A `symusic.Score` in ticks."""


@dataclass(frozen=True)
class Tune:
    """A score to tokenise; its length is that of its notes."""

    score: Score

    def __len__(self) -> int:
        return int(self.score.note_num())


def symusic() -> Any:
    """The library `symusic`.

    Raises:
        PluginError: it is not installed; the hint names the extra.
    """
    try:
        import symusic
    except ImportError:
        raise missing("symusic") from None
    return symusic


def missing(package: str) -> PluginError:
    """The error for a missing package of the extra `music`."""
    return PluginError(
        f"the domain `music` needs `{package}`, which is not installed",
        hint='pip install "rnngen[music]"',
    )


def checked(song: Song, name: str) -> Score:
    """The score of a song, checked against the bounds.

    Args:
        song: the song as read from a file.
        name: file name, for messages.

    Raises:
        DataError: it has no notes, or exceeds the bounds.
    """
    library = symusic()
    beat = song.beat
    if not beat:
        raise DataError(f"`{name}` has 0 ticks per beat", hint="leave it out")
    made = library.Score(beat)
    end = _end(song, name)
    for part in song.parts:
        kept = [note for note in part.notes if note[1] >= 0]
        if kept:
            program = 0 if part.drums else part.program
            made.tracks.append(library.Track(part.name, program, part.drums, notes=_notes(kept)))
    for time, tempo in song.tempi:
        if time <= end:
            quarters = min(FASTEST, max(SLOWEST, 60_000_000 / tempo))
            made.tempos.append(library.Tempo(time, quarters))
    for time, numerator, denominator in song.signatures:
        if time <= end:
            # Halves become quarters, so that the grid does not coarsen with the beat.
            factor = max(1, 4 // denominator)
            made.time_signatures.append(
                library.TimeSignature(time, factor * numerator, factor * denominator)
            )
    return made


def _end(song: Song, name: str) -> int:
    """The end of the last note, in ticks."""
    ends = [
        start + length for part in song.parts for start, length, *_ in part.notes if length >= 0
    ]
    if not ends:
        raise DataError(
            f"`{name}` has no notes: there is nothing to learn from", hint="leave it out"
        )
    end = max(ends)
    if end > LONGEST * song.beat:
        raise DataError(
            f"`{name}` lasts {end / song.beat:,.0f} beats, expected at most {LONGEST:,}",
            hint="a time stamp in it is damaged or forged; leave it out",
        )
    return end


def _notes(notes: list[list[int]]) -> Any:
    """Notes for symusic, all of them checked, since it trusts its input."""
    starts, lengths, pitches, velocities = np.array(notes, np.int32).T
    return symusic().Note.from_numpy(
        starts,
        np.maximum(1, lengths),
        pitches.astype(np.int8),
        velocities.astype(np.int8),
        "tick",
    )


def transposed(score: Score, semitones: int) -> Score | None:
    """The score transposed up, except for drums; None if a note would leave the MIDI range."""
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
    """The beginning of a score; notes that go past its end are cut."""
    return score.clip(0, round(beats * score.ticks_per_quarter), clip_end=True)


def join(scores: list[Score]) -> Score:
    """Joins several scores, each starting on the beat after the previous one ends.

    All must have the same ticks per beat.
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
