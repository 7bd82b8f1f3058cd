"""Music written as files: MIDI, pictures, sound; and music that a model goes on from."""

import io
import wave

import numpy as np
import pytest

from rnngen.contracts.errors import BundleError, DataError, UsageError
from rnngen.contracts.steps import Beginning
from rnngen.files.source import Source
from rnngen.testing.domains import Sequence
from rnngen_music.domain import MusicDomain
from rnngen_music.options import Options as MusicOptions
from rnngen_music.sound import RATE
from tests.plugins.rnngen_music.midi_bytes import DRUMS, Note, midi, notes_of

NOTES = [Note(0, 69, 0, 480, 80), Note(0, 72, 960, 480, 80), Note(DRUMS, 36, 480, 120, 100)]
KINDS = [{}, {"tokens": "tsd"}, {"steps": "frames"}]


def steps_of(domain, codec, path):
    (piece,) = domain.read([Source(path.name, path)])
    steps = codec.encode(piece.content)
    return list(map(tuple, steps.tolist())) if steps.ndim > 1 else steps.tolist()


@pytest.fixture(params=KINDS, ids=["remi", "tsd", "frames"])
def music(request, tmp_path):
    """A domain, its codec, a file and its steps."""
    path = tmp_path / "song.mid"
    path.write_bytes(midi(NOTES))
    domain = MusicDomain(MusicOptions(**request.param))
    codec = domain.fit_codec(list)
    return domain, codec, path, steps_of(domain, codec, path)


def test_a_folder_gets_three_files_of_each_sequence(music, tmp_path):
    domain, codec, _, steps = music
    made = domain.write([Sequence(steps=steps)] * 2, codec, tmp_path / "tunes")
    names = [f"{number}.{end}" for number in ("0001", "0002") for end in ("mid", "png", "wav")]
    assert [path.name for path in made] == names
    assert all(path.parent.name == "tunes" for path in made)
    assert made[0].read_bytes()[:4] == b"MThd"
    assert made[1].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert made[2].read_bytes()[:4] == b"RIFF"


@pytest.mark.parametrize("name", ["a.mid", "a.MIDI", "a.png", "a.wav"])
def test_a_name_with_an_end_is_one_file_of_that_kind(music, tmp_path, name):
    domain, codec, _, steps = music
    assert domain.write([Sequence(steps=steps)], codec, tmp_path / name) == [tmp_path / name]
    made = domain.write([Sequence(steps=steps)] * 3, codec, tmp_path / name)
    end = name[1:]
    assert [path.name for path in made] == [f"a-000{number}{end}" for number in (1, 2, 3)]


def test_other_ends_and_missing_folders_are_errors(music, tmp_path):
    domain, codec, _, steps = music
    with pytest.raises(UsageError, match="does not end in a music format"):
        domain.write([Sequence(steps=steps)], codec, tmp_path / "a.mp3")
    with pytest.raises(UsageError, match="there is no folder"):
        domain.write([Sequence(steps=steps)], codec, tmp_path / "none" / "a.mid")
    with pytest.raises(DataError):
        domain.write([], codec, tmp_path / "a.mid")


def test_nothing_written_is_a_file_without_notes(music, tmp_path):
    domain, codec, _, _ = music
    for name in ("a.mid", "a.png", "a.wav"):
        assert domain.write([Sequence()], codec, tmp_path / name)[0].stat().st_size > 20


def test_a_primer_stands_before_what_was_written(music, tmp_path):
    domain, codec, path, steps = music
    beginning = domain.begin(str(path), codec)
    assert list(beginning.steps) == steps
    whole = Sequence(steps=steps, beginning=Beginning(steps[:0]))
    both = Sequence(steps=[], beginning=beginning)
    one, other = (
        domain.write([each], codec, tmp_path / f"{n}.mid")[0].read_bytes()
        for n, each in enumerate((whole, both))
    )
    assert notes_of(one) == notes_of(other)


def test_the_first_beats_of_a_file_can_be_the_primer(music, tmp_path):
    domain, codec, path, _ = music
    begun = list(domain.begin(f"{path}:1.5", codec).steps)
    (file,) = domain.write([Sequence(steps=begun)], codec, tmp_path / "a.mid")
    notes, beat = notes_of(file.read_bytes())
    assert [(n.pitch, n.start / beat) for n in notes if n.program != DRUMS] == [(69, 0)]


def test_without_a_prompt_a_piece_begins(music):
    domain, codec, _, _ = music
    assert domain.begin("", codec) == Beginning(())


def test_a_prompt_that_is_no_file_is_an_error(music):
    domain, codec, _, _ = music
    with pytest.raises(UsageError, match=r"nowhere\.mid"):
        domain.begin("nowhere.mid", codec)


def test_a_damaged_primer_is_an_error_even_where_such_files_are_skipped(tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"MThd")
    domain = MusicDomain(MusicOptions(damaged="skip"))
    with pytest.raises(DataError, match=r"bad\.mid"):
        domain.begin(str(tmp_path / "bad.mid"), domain.fit_codec(list))


def test_pieces_between_boundaries_follow_each_other(music, tmp_path):
    domain, codec, _, steps = music
    twice = Sequence(steps=[*steps, codec.boundary, *steps])
    (file,) = domain.write([twice], codec, tmp_path / "a.mid")
    notes, beat = notes_of(file.read_bytes())
    starts = [(n.pitch, n.start / beat) for n in notes if n.program != DRUMS]
    assert sorted(starts) == [(69, 0), (69, 3), (72, 2), (72, 5)]


def test_damaged_codecs_are_refused(music):
    domain, codec, _, _ = music
    text = codec.files()["codec.json"]
    damages = [(b'"grid": 4', b'"grid": 0'), (b'"steps"', b'"step"')]
    damages += [(b'"nade"', b'"categorical"')] if b'"nade"' in text else []
    for old, new in damages:
        broken = text.replace(old, new)
        with pytest.raises(BundleError):
            domain.load_codec({"codec.json": broken})


def test_shown_events_are_names_a_line_a_bar():
    domain = MusicDomain()
    codec = domain.fit_codec(list)
    names = ["Bar_None", "TimeSig_4/4", "Position_0", "Bar_None", "TimeSig_4/4"]
    steps = [codec.names.index(name) for name in names]
    shown = domain.show([Sequence(steps=steps)] * 2, codec)
    one = "Bar_None TimeSig_4/4 Position_0\nBar_None TimeSig_4/4\n"
    assert shown == one + "---\n" + one


def test_shown_frames_are_names_of_keys():
    domain = MusicDomain(MusicOptions(steps="frames"))
    codec = domain.fit_codec(list)
    frames = np.zeros((3, 89))
    frames[0, [39, 43]] = frames[2, 0] = 1
    steps = list(map(tuple, frames.tolist()))
    assert domain.show([Sequence(steps=steps)], codec) == "C4 E4\n.\nA0\n"


def samples(domain, codec, steps, tmp_path):
    (file,) = domain.write([Sequence(steps=steps)], codec, tmp_path / "a.wav")
    with wave.open(io.BytesIO(file.read_bytes())) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, RATE)
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 2**15


def test_the_sound_of_a_note_has_its_frequency_and_its_time(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(midi([Note(0, 69, 960, 480, 80)]))  # A4, half a second, after one second
    domain = MusicDomain()
    codec = domain.fit_codec(list)
    sound = samples(domain, codec, steps_of(domain, codec, path), tmp_path)
    assert np.abs(sound).max() == pytest.approx(0.88, abs=0.03)
    assert not sound[: RATE - 10].any()
    played = sound[RATE : RATE + RATE // 2]
    spectrum = np.abs(np.fft.rfft(played * np.hanning(len(played))))
    assert abs(np.argmax(spectrum) * RATE / len(played) - 440) < 3
    assert np.abs(sound[2 * RATE - RATE // 3 :]).max() < 0.01


def test_the_picture_is_dark_where_notes_are_and_nowhere_else(tmp_path):
    from matplotlib.image import imread

    domain = MusicDomain(MusicOptions(steps="frames"))
    codec = domain.fit_codec(list)
    frames = np.zeros((16, 89))
    frames[:8, 39] = 1
    shown = []
    for each in (frames, np.zeros((16, 89))):
        steps = list(map(tuple, each.tolist()))
        shown.append(imread(domain.write([Sequence(steps=steps)], codec, tmp_path / "a.png")[0]))
    blue = [
        ((image[..., 2] - image[..., 0]) > 0.15).mean(axis=(0, 1)) if image.size else 0
        for image in shown
    ]
    assert blue[0] > 0.01
    assert blue[1] == 0
