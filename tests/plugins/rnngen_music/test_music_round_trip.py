"""What is read of MIDI comes back as MIDI: every note, on the grid, its velocity in its bin."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rnngen.files.source import Source
from rnngen.testing.domains import Sequence
from rnngen_music.domain import MusicDomain
from rnngen_music.options import Options as MusicOptions
from rnngen_music.piano_roll import roll_of, score_of
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, midi, notes_of

BEAT = 480
PROGRAMS = (DRUMS, 0, 24, 56, 127)


@st.composite
def pieces(draw, grid, programs=PROGRAMS, lowest=0, highest=127):
    """Notes on a grid of which none of one program and pitch sounds while another does."""
    unit = BEAT // grid
    found = []
    for _ in range(draw(st.integers(1, 12))):
        program, pitch = (
            draw(st.sampled_from(programs)),
            draw(st.integers(lowest, highest)),
        )
        start, length = draw(st.integers(0, 40 * grid)), draw(st.integers(1, 16 * grid))
        note = Note(program, pitch, start * unit, length * unit, draw(st.integers(1, 127)))
        apart = all(
            other[:2] != note[:2]
            or other.start + other.length <= note.start
            or note.start + note.length <= other.start
            for other in found
        )
        if apart:
            found.append(note)
    return found


def written_back(notes, tmp_path, **options):
    """The notes of the MIDI file that the domain makes of the steps of a MIDI file."""
    path = tmp_path / "tune.mid"
    path.write_bytes(midi(notes, BEAT))
    domain = MusicDomain(MusicOptions(**options))
    (piece,) = domain.read([Source("tune.mid", path)])
    codec = domain.fit_codec(lambda: [piece])
    steps = codec.encode(piece.content)
    listed = list(map(tuple, steps.tolist())) if steps.ndim > 1 else steps.tolist()
    (file,) = domain.write([Sequence(steps=listed)], codec, tmp_path / "back.mid")
    return notes_of(file.read_bytes())


@pytest.mark.parametrize("tokens", ["remi", "tsd"])
@pytest.mark.parametrize(("grid", "velocities"), [(4, 16), (12, 32)])
@given(data=st.data())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_note_comes_back_from_events(tmp_path, tokens, grid, velocities, data):
    notes = data.draw(pieces(grid))
    found, beat = written_back(notes, tmp_path, tokens=tokens, grid=grid, velocities=velocities)
    place = [(n.program, n.pitch, n.start / BEAT, n.length / BEAT) for n in sorted(notes)]
    assert [(n.program, n.pitch, n.start / beat, n.length / beat) for n in found] == place
    bins = [int(127 * number / velocities) for number in range(1, velocities + 1)]
    for note, back in zip(sorted(notes), found, strict=True):
        assert back.velocity in bins
        nearest = min(abs(note.velocity - value) for value in bins)
        assert abs(note.velocity - back.velocity) == nearest


@given(data=st.data(), grid=st.sampled_from([1, 4, 6]))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_note_comes_back_from_frames(tmp_path, data, grid):
    notes = data.draw(pieces(grid, programs=(0,), lowest=21, highest=108))
    # A roll does not tell a long note from two that follow each other.
    for note in notes:
        follows = {(n.pitch, n.start) for n in notes}
        assume((note.pitch, note.start + note.length) not in follows)
    found, beat = written_back(notes, tmp_path, steps="frames", grid=grid)
    expected = [(n.pitch, n.start / BEAT, n.length / BEAT) for n in sorted(notes)]
    assert [(n.pitch, n.start / beat, n.length / beat) for n in found] == expected


@given(
    cells=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 87)), min_size=1, max_size=60),
    grid=st.integers(1, 8),
)
@settings(max_examples=50, deadline=None)
def test_a_roll_is_the_roll_of_its_score(cells, grid):
    roll = np.zeros((30, 88), bool)
    roll[tuple(np.transpose(cells))] = True
    again, left = roll_of(score_of(roll, grid), grid)
    last = max(row for row, _ in cells) + 1
    assert np.array_equal(again, roll[:last])
    assert (left.drums, left.outside) == (0, 0)


def test_notes_off_the_grid_go_to_the_nearest_position(tmp_path):
    notes = [Note(0, 60, 110, 130, 64), Note(0, 64, 250, 5, 64), Note(0, 67, 479, 241, 64)]
    for options in ({"tokens": "remi"}, {"tokens": "tsd"}, {"steps": "frames"}):
        found, beat = written_back(notes, tmp_path, grid=4, **options)
        got = [(n.pitch, 4 * n.start / beat, 4 * n.length / beat) for n in found]
        assert got == [(60, 1, 1), (64, 2, 1), (67, 4, 2)]


@pytest.mark.parametrize("tokens", ["remi", "tsd"])
def test_notes_of_up_to_32_beats_keep_their_length_and_longer_ones_are_cut(tmp_path, tokens):
    lengths = [1, 15, 16, 17, 24, 32, 40]
    notes = [Note(0, 60 + n, 0, beats * BEAT, 64) for n, beats in enumerate(lengths)]
    found, beat = written_back(notes, tmp_path, tokens=tokens)
    assert [note.length / beat for note in found] == [1, 15, 16, 17, 24, 32, 32]


@pytest.mark.parametrize("tokens", ["remi", "tsd"])
def test_notes_stay_where_they_are_when_the_metre_changes(tmp_path, tokens):
    data = midi([Note(0, 60 + n, n * 240, 240, 64) for n in range(24)], BEAT)
    signatures = b"".join(
        delta + b"\xff\x58\x04" + bytes([above, below, 24, 8])
        for delta, above, below in (
            (b"\x00", 6, 3),
            (b"\x8b\x20", 2, 1),
            (b"\x8f\x00", 9, 2),
            (b"\x8b\x20", 3, 5),
        )
    )
    begin = data.index(b"\xff\x51") - 1
    size = int.from_bytes(data[begin - 4 : begin], "big") + len(signatures)
    data = data[: begin - 4] + size.to_bytes(4, "big") + signatures + data[begin:]
    path = tmp_path / "metre.mid"
    path.write_bytes(data)
    domain = MusicDomain(MusicOptions(tokens=tokens))
    (piece,) = domain.read([Source("metre.mid", path)])
    codec = domain.fit_codec(lambda: [piece])
    steps = codec.encode(piece.content).tolist()
    (file,) = domain.write([Sequence(steps=steps)], codec, tmp_path / "back.mid")
    found, beat = notes_of(file.read_bytes())
    assert [(n.pitch, n.start / beat) for n in found] == [(60 + n, n / 2) for n in range(24)]
