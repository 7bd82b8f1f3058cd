"""Reading music: what files are, what damaged ones say, and what is left out on purpose."""

import gzip
import json
import struct
from dataclasses import asdict

import numpy as np
import pytest
import scipy.io

from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.options import describe
from rnngen.data.find_sources import find
from rnngen.data.prepare import prepare
from rnngen.files.source import Source
from rnngen.testing.domains import check_domain
from rnngen_music.domain import MusicDomain
from rnngen_music.options import Options
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, chunk, midi, number

TUNE = "X:1\nT:Scale\nM:4/4\nL:1/4\nK:C\nC D E F | G A B c |]\n"
SCALE = [Note(0, 60 + step, step * 480, 480, 80) for step in (0, 2, 4, 5, 7)]


def source(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Source(name, path)


def pieces(domain, *sources):
    return list(domain.read(list(sources)))


def pitches(piece):
    return [note.pitch for track in piece.content.score.tracks for note in track.notes]


def song(events, beat=480):
    """A file of one track with these bytes."""
    head = chunk(b"MThd", struct.pack(">HHH", 0, 1, beat))
    return head + chunk(b"MTrk", events + b"\x00\xff\x2f\x00")


def mat(path, **parts):
    cells = {}
    for name, rolls in parts.items():
        cell = np.empty((1, len(rolls)), object)
        for place, roll in enumerate(rolls):
            cell[0, place] = np.array(roll, np.uint8)
        cells[name] = cell
    scipy.io.savemat(path, cells)
    return Source(path.name, path)


def rolls(count, length=12, seed=0):
    return list(np.random.default_rng(seed).random((count, length, 88)) < 0.05)


@pytest.mark.parametrize("options", [{}, {"tokens": "tsd"}, {"steps": "frames"}], ids=str)
def test_the_domain_keeps_its_contract(tmp_path, options):
    tunes = source(tmp_path, "tunes.abc", TUNE + "\n" + TUNE.replace("X:1", "X:2"))
    notes = [*SCALE, Note(DRUMS, 36, 0, 240, 100), Note(40, 70, 960, 240, 30)]
    check_domain(MusicDomain(Options(**options)), [tunes, source(tmp_path, "a.mid", midi(notes))])


def test_every_option_has_a_help():
    assert all(field.help for field in describe(Options))
    assert set(asdict(Options())) == {field.name for field in describe(Options)}


def test_each_tune_of_a_book_is_a_piece_with_the_pitches_written_there(tmp_path):
    second = "X:2\nM:3/4\nL:1/4\nK:D\nF G c | ^G =F _B |]\n"
    book = source(tmp_path, "book.abc", f"% two tunes\n\n{TUNE}\n{second}")
    first, last = pieces(MusicDomain(), book)
    assert pitches(first) == [60, 62, 64, 65, 67, 69, 71, 72]
    assert pitches(last) == [66, 67, 73, 68, 65, 70]
    assert first.ends_document
    assert first.size + last.size == len(f"% two tunes\n\n{TUNE}\n{second}")


def test_reading_abc_says_nothing_on_the_outputs(tmp_path, capfd):
    odd = TUNE.replace("M:4/4\n", "").replace("C D", "(C (D")
    pieces(MusicDomain(), source(tmp_path, "odd.abc", odd))
    assert capfd.readouterr() == ("", "")


def test_a_compressed_file_is_read_like_the_file(tmp_path):
    plain = source(tmp_path, "a.mid", midi(SCALE))
    packed = source(tmp_path, "a.mid.gz", gzip.compress(midi(SCALE)))
    domain = MusicDomain()
    codec = domain.fit_codec(list)
    one, other = (codec.encode(pieces(domain, each)[0].content) for each in (plain, packed))
    assert np.array_equal(one, other)
    assert domain.keep(packed.path)


LONG_NOTE = song(b"\x00\x90\x3c\x40" + number(0xFFFFFFF) + b"\x80\x3c\x40")
LATE_NOTE = song(number(0xFFFFFFF) + b"\x90\x3c\x40\x01\x80\x3c\x40")

DAMAGED = {
    "text.mid": (b"this is a letter, and no music at all", "is not a music file"),
    "short.mid": (b"MThd\0\0", "is a damaged MIDI file"),
    "cut.mid": (midi(SCALE)[:60], "is a damaged MIDI file"),
    "silent.mid": (song(b""), "has no notes"),
    "unended.mid": (song(b"\x00\x90\x3c\x40"), "has no notes"),
    "long.mid": (LONG_NOTE, "lasts 559,241 beats"),
    "late.mid": (LATE_NOTE, "lasts 559,241 beats"),
    "ticks.mid": (song(b"\x00\x90\x3c\x40\x10\x80\x3c\x40", beat=0), "has 0 ticks per beat"),
    "empty.mid": (b"", "is empty"),
    # The library writes beyond its memory for these 26 bytes, which ends the process.
    "wild.mid": (
        bytes.fromhex("4d546864000000060001000101e04d54726b00000004009fb1ea"),
        "the data byte 177 is above 127",
    ),
    "vanishing.mid": (song(b"\x00\x90\xbc\x50\x10\x80\xbc\x00"), "the data byte 188 is above 127"),
    "include.abc": (TUNE + "%%abc-include /etc/passwd\n", "would read another file"),
    "cut.mid.gz": (gzip.compress(midi(SCALE))[:40], "is damaged"),
    "bare.abc": (b"X:1\nT:Nothing\nK:C\n", "has no notes"),
    "headless.abc": (b"K:C\nCDEF|\n", "has no tune"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, name):
    data, message = DAMAGED[name]
    with pytest.raises(DataError) as error:
        pieces(MusicDomain(), source(tmp_path, name, data))
    assert message in error.value.message
    assert name in error.value.message


def test_damaged_files_are_left_out_and_reported_when_asked(tmp_path):
    sources = [source(tmp_path, name, data) for name, (data, _) in DAMAGED.items()]
    good = source(tmp_path, "good.mid", midi(SCALE))
    domain = MusicDomain(Options(damaged="skip"))
    (piece,) = pieces(domain, *sources, good)
    assert pitches(piece) == [60, 62, 64, 65, 67]
    assert len(domain.remarks) == len(DAMAGED)
    assert all(any(name in remark for remark in domain.remarks) for name in DAMAGED)


def test_a_damaged_tune_of_a_book_leaves_the_others(tmp_path):
    bad = "X:2\nT:Nothing\nK:C\n\n"
    book = source(tmp_path, "b.abc", TUNE + "\n" + bad + TUNE.replace("X:1", "X:3"))
    with pytest.raises(DataError, match="line 8"):
        pieces(MusicDomain(), book)
    assert len(pieces(MusicDomain(Options(damaged="skip")), book)) == 2


def test_where_all_files_are_damaged_that_is_an_error(tmp_path):
    with pytest.raises(DataError, match="damaged MIDI file"):
        pieces(MusicDomain(Options(damaged="skip")), source(tmp_path, "a.mid", b"MThd"))


def test_what_was_left_out_is_told_whenever_the_data_is_used(tmp_path):
    sources = [
        source(tmp_path, "bad.mid", b"MThd"),
        *(source(tmp_path, f"{n}.mid", midi(SCALE)) for n in range(4)),
    ]
    for _ in range(2):
        said = []
        domain = MusicDomain(Options(damaged="skip"))
        prepare("music", domain, sources, cache=tmp_path / "cache", note=said.append)
        assert sum("left out" in text and "bad.mid" in text for text in said) == 1


def test_frames_say_which_notes_they_have_no_place_for(tmp_path):
    notes = [*SCALE, Note(DRUMS, 36, 0, 240, 100), Note(0, 10, 0, 240, 100)]
    domain = MusicDomain(Options(steps="frames"))
    (piece,) = pieces(domain, source(tmp_path, "a.mid", midi(notes)))
    assert np.flatnonzero(piece.content[0]).tolist() == [39]
    assert [remark.split(": ")[1] for remark in domain.remarks] == [
        "drum notes left out, which frames can't represent (1)",
        "notes outside the 88 keys left out, which frames can't represent (1)",
    ]


def test_a_mat_file_is_its_three_parts(tmp_path):
    own = {"traindata": rolls(3), "validdata": rolls(2, seed=1), "testdata": rolls(1, seed=2)}
    file = mat(tmp_path / "a.mat", **own)
    domain = MusicDomain(Options(steps="frames"))
    parts = domain.parts([file])
    for name, expected in zip(("train", "valid", "test"), own.values(), strict=True):
        found = [piece.content for piece in domain.read(parts[name])]
        assert np.array_equal(found, expected)
    dataset = prepare(
        "music", domain, parts["train"], valid=parts["valid"], cache=tmp_path / "cache"
    )
    codec = dataset.codec
    first = np.pad(own["validdata"][0], ((0, 0), (0, 1)))
    assert np.array_equal(dataset.valid.steps[1:13], first)
    assert tuple(dataset.valid.steps[13].tolist()) == codec.boundary


def test_chords_in_json_are_frames(tmp_path):
    content = {"train": [[[60, 64], [], [21, 108]]], "valid": [[[60]]], "test": [[[61]]]}
    file = source(tmp_path, "a.json", json.dumps(content))
    domain = MusicDomain(Options(steps="frames"))
    (piece,) = domain.read(domain.parts([file])["train"])
    assert [np.flatnonzero(frame).tolist() for frame in piece.content] == [[39, 43], [], [0, 87]]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        '{"train": [[60]]}',
        '{"train": [[["C4"]]]}',
        '{"train": [[[1000]]]}',
        '{"train": [[]]}',
    ],
)
def test_json_of_other_things_is_an_error(tmp_path, content):
    file = source(tmp_path, "a.json", content)
    with pytest.raises(DataError, match=r"a\.json"):
        pieces(MusicDomain(Options(steps="frames")), file)


@pytest.mark.parametrize(
    "own",
    [
        {"other": rolls(1)},
        {"traindata": [np.ones((4, 12))]},
        {"traindata": [np.full((4, 88), 3)]},
        {"traindata": [np.ones((0, 88))]},
    ],
    ids=["no part", "other keys", "other numbers", "no frames"],
)
def test_a_mat_file_of_other_things_is_an_error(tmp_path, own):
    with pytest.raises(DataError, match=r"a\.mat"):
        pieces(MusicDomain(Options(steps="frames")), mat(tmp_path / "a.mat", **own))


def test_a_damaged_mat_file_is_an_error(tmp_path):
    file = mat(tmp_path / "a.mat", traindata=rolls(2))
    file.path.write_bytes(file.path.read_bytes()[:300])
    with pytest.raises(DataError, match="damaged MATLAB file"):
        pieces(MusicDomain(Options(steps="frames")), file)


def test_frames_are_no_events(tmp_path):
    with pytest.raises(DataError) as error:
        pieces(MusicDomain(), mat(tmp_path / "a.mat", traindata=rolls(1)))
    assert "music.steps=frames" in error.value.hint


def test_folders_named_train_and_valid_are_parts(tmp_path):
    for name in ("train", "valid", "test"):
        (tmp_path / name).mkdir()
        source(tmp_path / name, "a.mid", midi(SCALE))
    parts = MusicDomain().parts(find([str(tmp_path)], keep=MusicDomain().keep))
    assert {name: [s.path.parent.name for s in found] for name, found in parts.items()} == {
        "train": ["train"],
        "valid": ["valid"],
        "test": ["test"],
    }
    assert MusicDomain().parts(find([str(tmp_path / "train")], keep=MusicDomain().keep)) is None


@pytest.mark.parametrize("steps", ["events", "frames"])
def test_training_pieces_are_transposed_and_others_are_not(tmp_path, steps):
    for name in ("train", "valid"):
        (tmp_path / name).mkdir()
        source(tmp_path / name, "a.mid", midi([*SCALE, Note(DRUMS, 40, 0, 240, 90)]))
    domain = MusicDomain(Options(steps=steps, transpose=2))
    parts = domain.parts(find([str(tmp_path)], keep=domain.keep))
    train, valid = (list(domain.read(parts[name])) for name in ("train", "valid"))
    assert (len(train), len(valid)) == (5, 1)

    def lowest(piece):
        if steps == "frames":
            return int(np.flatnonzero(piece.content[0])[0]) + 21
        assert [n.pitch for t in piece.content.score.tracks if t.is_drum for n in t.notes] == [40]
        return min(n.pitch for t in piece.content.score.tracks if not t.is_drum for n in t.notes)

    assert sorted(map(lowest, train)) == [58, 59, 60, 61, 62]
    assert lowest(valid[0]) == 60


def test_a_transposition_that_leaves_the_keys_is_not_made(tmp_path):
    (tmp_path / "train").mkdir()
    edge = source(tmp_path / "train", "a.mid", midi([Note(0, 107, 0, 480, 80)]))
    domain = MusicDomain(Options(steps="frames", transpose=3))
    found = list(domain.read([Source("a.mid", edge.path, "train")]))
    assert sorted(int(np.flatnonzero(p.content[0])[0]) for p in found) == [83, 84, 85, 86, 87]


def test_transposing_what_nobody_split_is_refused(tmp_path):
    with pytest.raises(UsageError) as error:
        MusicDomain(Options(transpose=1)).parts([source(tmp_path, "a.mid", midi(SCALE))])
    assert "`train`" in error.value.hint
