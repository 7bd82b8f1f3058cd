"""What a file says and the tokens can't keep is said once, counted; the rest comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen.contracts.errors import DataError
from rnngen.files.source import Source
from rnngen.testing.domains import Sequence
from rnngen_music.domain import MusicDomain
from rnngen_music.events import load_events
from rnngen_music.midi import read_midi, write_midi
from rnngen_music.options import Options
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, chunk, midi, number, track

BEAT = 480
SCALE = [Note(0, 60 + step, step * 480, 480, 80) for step in (0, 2, 4, 5, 7)]


def metre(time: int, above: int, below: int) -> tuple[int, bytes]:
    return time, b"\xff\x58\x04" + bytes([above, below.bit_length() - 1, 24, 8])


def tempo(time: int, qpm: float) -> tuple[int, bytes]:
    return time, b"\xff\x51\x03" + round(60_000_000 / qpm).to_bytes(3, "big")


def file(notes: list[Note], *events: tuple[int, bytes]) -> bytes:
    """A file with further events on its first track."""
    whole = midi(notes, BEAT)
    first = whole.index(b"MTrk")
    end = first + 8 + int.from_bytes(whole[first + 4 : first + 8], "big")
    return whole[:first] + track(list(events)) + whole[end:]


def read(tmp_path: Path, files: dict[str, bytes | str], **options: object) -> tuple[list, list]:
    """The scores of files, and the remarks."""
    sources = []
    for name, data in files.items():
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        sources.append(Source(name, tmp_path / name))
    domain = MusicDomain(Options(**options))
    return [piece.content for piece in domain.read(sources)], list(domain.remarks)


def test_each_kind_of_loss_is_said_once_with_its_count_over_all_files(tmp_path: Path) -> None:
    long = file([Note(0, 60, 0, 33 * BEAT, 80), Note(0, 62, 0, 50 * BEAT, 80)])
    odd = file(SCALE, metre(0, 17, 4), metre(17 * BEAT, 5, 32))
    inside = file([*SCALE, Note(0, 60, 12 * BEAT, BEAT, 80)], metre(0, 4, 4), metre(6 * BEAT, 3, 4))
    _, remarks = read(
        tmp_path,
        {
            "plain.mid": midi(SCALE),
            "long.mid": long,
            "odd.mid": odd,
            "inside.mid": inside,
            "pedal.mid": file(SCALE, *((t, b"\xb0\x40\x7f") for t in (0, 9)), (5, b"\xb0\x40\x00")),
            "bend.mid": file(SCALE, (0, b"\xe0\x00\x50")),
            "fast.mid": file(SCALE, tempo(0, 500), tempo(BEAT, 5)),
        },
    )
    assert remarks == [
        "1 of 7 pieces, the first in `long.mid`: notes longer than 32 beats cut to that (2)",
        "1 of 7 pieces, the first in `odd.mid`: time signatures read as 4/4 (1: 17/4)",
        "1 of 7 pieces, the first in `inside.mid`: time signatures inside a bar moved to the next "
        "bar (1)",
        "1 of 7 pieces, the first in `pedal.mid`: sustain pedals dropped (2)",
        "1 of 7 pieces, the first in `bend.mid`: pitch bends dropped (1)",
        "1 of 7 pieces, the first in `fast.mid`: tempi kept as 400 (1: 500)",
        "1 of 7 pieces, the first in `fast.mid`: tempi kept as 10 (1: 5)",
    ]


def test_what_is_kept_is_not_said(tmp_path: Path) -> None:
    notes = [*SCALE, Note(DRUMS, 36, 0, 240, 100), Note(40, 50, 0, 16 * BEAT, 90)]
    changes = [metre(0, 6, 8), metre(3 * BEAT, 4, 4), tempo(0, 300), tempo(3 * BEAT, 61)]
    assert read(tmp_path, {"a.mid": file(notes, *changes)})[1] == []


@pytest.mark.parametrize("qpm", [10, 12, 120, 261, 300, 399, 400])
@pytest.mark.parametrize("tokens", ["remi", "tsd"])
def test_tempi_of_10_to_400_come_back_within_one(tmp_path: Path, tokens: str, qpm: int) -> None:
    (tune,), _ = read(tmp_path, {"a.mid": file(SCALE, tempo(0, qpm))}, tokens=tokens)
    codec = MusicDomain(Options(tokens=tokens)).fit_codec(lambda: [])
    (change,) = codec.score(codec.encode(tune)).tempos
    assert abs(change.qpm - qpm) <= 1.01


@pytest.mark.parametrize(("above", "below"), [(6, 8), (12, 8), (9, 16), (3, 4)])
def test_a_note_of_twelve_quarters_keeps_its_length_in_compound_metres(
    tmp_path: Path, above: int, below: int
) -> None:
    length = 12 if below < 16 else 8
    notes = [*SCALE, Note(40, 50, 0, length * BEAT, 90)]
    (tune,), remarks = read(tmp_path, {"a.mid": file(notes, metre(0, above, below))})
    codec = MusicDomain().fit_codec(lambda: [])
    back = codec.score(codec.encode(tune))
    (found,) = [note for track in back.tracks for note in track.notes if note.pitch == 50]
    assert found.duration == length * back.ticks_per_quarter
    assert not remarks


def test_forty_instruments_are_written_with_a_channel_and_port_each(tmp_path: Path) -> None:
    notes = [Note(program, 30 + program, 0, BEAT, 80) for program in range(40)]
    notes.append(Note(DRUMS, 36, 0, BEAT, 80))
    (tune,), _ = read(tmp_path, {"a.mid": midi(notes)})
    domain = MusicDomain()
    codec = domain.fit_codec(lambda: [])
    steps = codec.encode(tune).tolist()
    (path,) = domain.write([Sequence(steps=steps)], codec, tmp_path / "back.mid")
    again = read_midi(path.read_bytes(), "back.mid")
    found = {
        (track.is_drum, track.program, note.pitch) for track in again.tracks for note in track.notes
    }
    assert found == {(False, n, 30 + n) for n in range(40)} | {(True, 0, 36)}
    places = [_port_and_channel(track) for track in path.read_bytes().split(b"MTrk")[1:]]
    played = [place for place in places if place[1] is not None]
    assert len(played) == len(set(played)) == 41


def test_fifteen_instruments_need_no_port(tmp_path: Path) -> None:
    score = read_midi(midi([Note(program, 60, 0, BEAT, 80) for program in range(9)]), "a.mid")
    assert b"\xff\x21" not in write_midi(score)


def _port_and_channel(data: bytes) -> tuple[int, int | None]:
    """Port and channel of the notes in a track that symusic wrote: its note-on statuses."""
    port = data[data.index(b"\xff\x21\x01") + 3] if b"\xff\x21\x01" in data else 0
    channels = {byte & 0x0F for byte in data if byte & 0xF0 == 0x90}
    return port, channels.pop() if len(channels) == 1 else None


def test_a_codec_of_the_first_version_keeps_its_ranges_and_its_bytes() -> None:
    now = MusicDomain().fit_codec(lambda: [])
    assert "Tempo_300.0" in now.names
    names = [name for name in now.names if not name.startswith("Tempo_")]
    first = {"steps": "events", "tokens": "remi", "grid": 4, "velocities": 16, "names": names}
    codec = load_events(first)
    assert (codec.ranges.longest, codec.ranges.tempi) == (16, (20, 260, 61))
    assert b"longest" not in codec.files()["codec.json"]
    again = load_events({**first, "longest": 32, "tempi": [10, 400, 196]})
    assert again.ranges == now.ranges


TUNE = "X:1\nM:{metre}\nL:1/8\n{more}K:C\n{notes}\n"


def starts(tune: object, quarter_eighths: int = 2) -> list[float]:
    """Where the notes begin, in eighths."""
    beat = tune.score.ticks_per_quarter
    notes = sorted(note.time for track in tune.score.tracks for note in track.notes)
    return [round(quarter_eighths * time / beat) for time in notes]


@pytest.mark.parametrize(
    ("metre", "notes", "expected"),
    [
        ("4/4", "G2|c2d2e2f2|g8|", [6, 8, 10, 12, 14, 16]),
        ("3/4", "GA|B2c2d2|e6|", [4, 5, 6, 8, 10, 12]),
        ("6/8", "A|d2e fed|A3 B2c|d6|", [5, 6, 8, 9, 10, 11, 12, 15, 17, 18]),
        ("4/4", "c2d2e2f2|g8|", [0, 2, 4, 6, 8]),
        ("4/4", "!f!G2|c2!p!d2e2f2|!ff!g8|", [6, 8, 10, 12, 14, 16]),
        ("4/4", "z2G2|c2d2e2f2|g4a4|", [6, 8, 10, 12, 14, 16, 20]),
        ("2/4", "|:G|c2d2|e3:|", [3, 4, 6, 8, 11, 12, 14, 16]),
    ],
)
def test_the_bars_of_a_tune_with_a_pickup_are_those_of_its_bar_lines(
    tmp_path: Path, metre: str, notes: str, expected: list[int]
) -> None:
    (tune,), _ = read(tmp_path, {"a.abc": TUNE.format(metre=metre, more="", notes=notes)})
    assert starts(tune) == expected


def test_a_tune_without_metre_is_not_moved(tmp_path: Path) -> None:
    (tune,), _ = read(tmp_path, {"a.abc": TUNE.format(metre="none", more="", notes="G2|c8|d8|")})
    assert starts(tune)[0] == 0


def test_chord_symbols_are_played_or_skipped_as_asked(tmp_path: Path) -> None:
    book = {"a.abc": TUNE.format(metre="4/4", more='N:"quoted"\n', notes='"C"c2d2"G7"e2f2|"Am"g8|')}
    (played,), _ = read(tmp_path, book)
    (skipped,), _ = read(tmp_path, book, chords="skip")
    assert len(played) > 5
    assert [note.pitch for track in skipped.score.tracks for note in track.notes] == [
        72, 74, 76, 77, 79,
    ]  # fmt: skip


def test_what_the_reader_of_abc_complains_of_is_said(tmp_path: Path) -> None:
    whole = TUNE.format(metre="4/4", more="", notes="c2d2e2f2|")
    bad = TUNE.format(metre="4/4", more="", notes="[CEG CDEF|")
    _, remarks = read(tmp_path, {"a.abc": whole + "\n" + bad})
    (remark,) = remarks
    assert "1 of 2 pieces, the first in `a.abc, tune at line 7`" in remark
    assert "not understood by abc2midi (Sustained notes beyond end of track)" in remark


def test_a_division_of_nothing_is_refused_not_divided_by() -> None:
    data = chunk(b"MThd", b"\x00\x00\x00\x01\xe7\x00") + chunk(
        b"MTrk", b"\x00\x90\x3c\x40" + number(9) + b"\x80\x3c\x40\x00\xff\x2f\x00"
    )
    with pytest.raises(DataError, match="0 ticks per beat"):
        read_midi(data, "x.mid")
