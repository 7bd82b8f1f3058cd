import multiprocessing
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.options import Options as TextOptions
from rnngen.contracts.errors import DataError, RunError
from rnngen.contracts.steps import Piece
from rnngen.data.cache import reopen
from rnngen.data.kept import UNFINISHED, shrink
from rnngen.data.prepare import prepare
from rnngen.files.source import Source, fingerprint

POEM = "Roses are red,\nviolets are blue.\n\nSugar is sweet,\nand so are you.\n\nñandú!\n"


def source(folder: Path, text: str | bytes, name: str = "poem.txt") -> Source:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Source(name, path)


@pytest.fixture
def work(tmp_path):
    """Prepares a text with options, in a cache of its own."""

    def prepared(text: str | bytes = POEM * 20, *, options=None, **arguments):
        domain = TextDomain(TextOptions(**(options or {})))
        sources = [source(tmp_path / "text", text)]
        return prepare("text", domain, sources, cache=tmp_path / "cache", **arguments)

    return prepared


def prepared_folders(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache" / "prepared").iterdir() if path.is_dir()]


def text_of(dataset) -> list[str]:
    return [dataset.codec.decode(store.steps) for store in (dataset.train, dataset.valid)]


@pytest.mark.parametrize("tokens", ["char", "byte", "word:30", "bpe:300", "unigram:300"])
def test_training_and_validation_part_are_the_text_cut_in_two(work, tokens):
    text = POEM * 20
    dataset = work(text, options={"tokens": tokens})
    parts = [dataset.codec.decode_bytes(s.steps) for s in (dataset.train, dataset.valid)]
    assert b"".join(parts) == text.encode()
    assert dataset.train.steps[0] == dataset.valid.steps[0] == 0
    steps = dataset.summary.steps
    assert len(dataset.train) - 1 == int(0.9 * steps)
    assert len(dataset.valid) - 1 == steps - int(0.9 * steps)


def test_characters_and_bytes_are_counted_for_each_part(work):
    text = POEM * 20
    for tokens in ("char", "byte", "bpe:300"):
        dataset = work(text, options={"tokens": tokens})
        parts = [dataset.codec.decode_bytes(s.steps) for s in (dataset.train, dataset.valid)]
        sizes = [dataset.train.size, dataset.valid.size]
        characters = dataset.train.characters + dataset.valid.characters
        assert sizes == [len(part) for part in parts]
        assert characters == dataset.summary.characters == len(text)
        assert dataset.summary.size == len(text.encode())


def test_separators_of_documents_count_as_characters(work):
    dataset = work("abc\ndefg\nhi\njkl\n" * 5, options={"documents": "line", "valid": 0})
    assert dataset.train.characters == len("abc\ndefg\nhi\njkl\n" * 5) - 1
    assert (dataset.summary.documents, dataset.summary.steps) == (20, 60)


def test_many_documents_are_split_whole_and_few_by_position(work):
    lines = "".join(f"line {number:03}\n" for number in range(300))
    dataset = work(lines, options={"documents": "line"})
    assert dataset.summary.split == "documents"
    train, valid = (text.split("\n") for text in text_of(dataset))
    assert sorted(train + valid) == sorted(lines.splitlines())
    assert len(valid) == 30
    assert work(lines).summary.split == "position"
    few = work("".join(f"line {n}\n" for n in range(30)), options={"documents": "line"})
    assert few.summary.split == "position"


def test_how_to_split_can_be_chosen(work):
    lines = "".join(f"line {number:03}\n" for number in range(300))
    by_position = work(lines, options={"documents": "line", "split": "position"})
    train, valid = (text.split("\n") for text in text_of(by_position))
    assert train + valid == lines.splitlines()
    few = work("abcdef\n\nghijkl\n", options={"documents": "blank", "split": "documents"})
    assert sorted(text_of(few)) == ["abcdef", "ghijkl"]


def test_one_document_is_never_split_whole(work):
    assert work(options={"split": "documents"}).summary.split == "position"


def test_nothing_is_held_out_where_nothing_is_asked_for(work):
    dataset = work("hello", options={"valid": 0})
    assert dataset.valid is None
    assert dataset.codec.decode(dataset.train.steps) == "hello"
    assert work("hello", fraction=0.0, codec=dataset.codec).valid is None


def test_a_validation_source_is_kept_apart(work, tmp_path):
    other = source(tmp_path / "text", "Zebras!\n" * 3, "other.txt")
    dataset = work(valid=[other])
    assert dataset.summary.split == "given"
    assert text_of(dataset) == [POEM * 20, "Zebras!\n" * 3]
    assert dataset.summary.size == len((POEM * 20 + "Zebras!\n" * 3).encode())
    assert dataset.fingerprint == fingerprint([source(tmp_path / "text", POEM * 20)])


def test_a_codec_that_is_given_is_used(work):
    codec = work("zyxwv" * 10).codec
    dataset = work("vwxyz" * 10, codec=codec)
    assert dataset.codec is codec
    with pytest.raises(DataError, match="never seen"):
        work("abc" * 10, codec=codec)


def test_unknown_characters_are_counted(work):
    codec = work("abc" * 10, options={"unknown": "replace"}).codec
    dataset = work("abcxyz" * 10, codec=codec, fraction=0.5)
    assert dataset.summary.unknown == 30


@pytest.mark.parametrize("text", ["a", "abc", "a\nb\nc\n"])
def test_a_text_that_is_too_short_is_an_error_that_says_how_much_it_takes(work, text):
    with pytest.raises(DataError, match=r"`poem\.txt` has \d steps, expected at least 10"):
        work(text, options={"documents": "line"})


def test_an_empty_text_is_an_error(work):
    with pytest.raises(DataError, match="empty"):
        work("")


def test_an_error_leaves_nothing_behind(work, tmp_path):
    for text in ("ab", b"text\xff" * 10):
        with pytest.raises(DataError):
            work(text)
    assert prepared_folders(tmp_path) == []


def test_what_was_prepared_before_is_taken_from_the_cache(work, monkeypatch):
    first = work()
    monkeypatch.setattr(TextDomain, "read", None)
    second = work()
    assert first.summary.encoded
    assert not second.summary.encoded
    assert np.array_equal(first.train.steps, second.train.steps)
    assert np.array_equal(first.valid.steps, second.valid.steps)
    assert first.codec.files() == second.codec.files()
    assert first.fingerprint == second.fingerprint


def test_the_cache_knows_by_content_not_by_name(work, tmp_path):
    work()
    copy = source(tmp_path / "elsewhere", POEM * 20, "copy.md")
    again = prepare("text", TextDomain(), [copy], cache=tmp_path / "cache")
    assert not again.summary.encoded


@pytest.mark.parametrize(
    "changed",
    [
        {"text": POEM * 21},
        {"options": {"tokens": "byte"}},
        {"options": {"documents": "line"}},
        {"options": {"valid": 0.2}},
        {"fraction": 0.3},
    ],
)
def test_what_changes_the_outcome_is_prepared_anew(work, changed):
    work()
    assert work(**changed).summary.encoded


def test_the_seed_matters_only_where_documents_are_drawn(work):
    work(seed=1)
    assert not work(seed=2).summary.encoded
    lines = "".join(f"line {number:03}\n" for number in range(300))
    one = work(lines, options={"documents": "line"}, seed=1)
    two = work(lines, options={"documents": "line"}, seed=2)
    assert two.summary.encoded
    assert text_of(one)[1] != text_of(two)[1]
    assert not work(lines, options={"documents": "line"}, seed=1).summary.encoded


@pytest.mark.parametrize(
    "name",
    [
        "prepared.json",
        "codec/codec.json",
        "train/steps.bin",
        "train/store.json",
        "valid/documents.bin",
    ],
)
@pytest.mark.parametrize("damage", ["missing", "shorter", "changed"])
def test_a_damaged_cache_is_made_again(work, tmp_path, name, damage):
    before = work()
    expected = before.train.steps.tolist()
    (folder,) = prepared_folders(tmp_path)
    path = folder / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "shorter":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.write_bytes(b"\xff" * len(data))
    after = work()
    assert after.summary.encoded
    assert after.train.steps.tolist() == expected


def test_pieces_do_not_show_in_what_is_prepared(work, monkeypatch):
    from rnngen.data import encode

    text = "".join(f"line {number}\nof text\n\n" for number in range(100))
    whole = work(text, options={"documents": "blank"})
    monkeypatch.setattr(encode, "BLOCK_LENGTH", 50)
    parts = work(text + " ", options={"documents": "blank"})
    assert np.array_equal(whole.train.steps, parts.train.steps)
    assert np.array_equal(whole.train.documents, parts.train.documents)


def test_documents_in_several_pieces_have_one_boundary(tmp_path):
    class Slow(TextDomain):
        def read(self, sources):
            for piece in super().read(sources):
                for letter in piece.content:
                    yield Piece(letter, False, 1)
                yield Piece("", True, 0)

    sources = [source(tmp_path / "t", "one\ntwo\nthree\nfour\n")]
    dataset = prepare(
        "slow", Slow(TextOptions(documents="line", valid=0)), sources, cache=tmp_path / "cache"
    )
    assert dataset.codec.decode(dataset.train.steps) == "one\ntwo\nthree\nfour"
    assert len(dataset.train.documents) == 4


def _prepare(folder: Path, barrier) -> None:
    barrier.wait()
    sources = [Source("poem", folder / "text" / "poem.txt")]
    dataset = prepare("text", TextDomain(), sources, cache=folder / "cache")
    assert dataset.codec.decode_bytes(dataset.train.steps).startswith(b"Roses")


def test_several_processes_may_prepare_the_same_at_once(tmp_path):
    source(tmp_path / "text", POEM * 500)
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(3)
    workers = [context.Process(target=_prepare, args=(tmp_path, barrier)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(prepared_folders(tmp_path)) == 1


def test_what_was_not_used_for_long_is_deleted(work, tmp_path):
    work()
    folder = tmp_path / "cache" / "prepared"
    (used,) = prepared_folders(tmp_path)
    old = shutil.copytree(used, folder / "old")
    unfinished, busy = folder / f"{UNFINISHED}x", folder / f"{UNFINISHED}y"
    for path in (unfinished, busy):
        path.mkdir()
    now = time.time()
    os.utime(old / "prepared.json", (now, now - 40 * 24 * 3600))
    os.utime(unfinished, (now, now - 2 * 24 * 3600))
    shrink(tmp_path / "cache", float("inf"))
    assert sorted(prepared_folders(tmp_path)) == sorted([used, busy])


def test_a_cache_that_cannot_be_written_is_an_error_that_says_how_to_move_it(tmp_path):
    (tmp_path / "file").touch()
    sources = [source(tmp_path / "text", POEM)]
    with pytest.raises(RunError) as error:
        prepare("text", TextDomain(), sources, cache=tmp_path / "file")
    assert "RNNGEN_CACHE" in error.value.hint


def test_progress_and_notes_tell_what_is_done(work):
    notes, reports = [], []
    work(POEM * 200, note=notes.append, progress=lambda *report: reports.append(report))
    size = len((POEM * 200).encode())
    assert reports[-1] == ("encoding", size, size)
    assert [note.split()[0] for note in notes] == ["reading", "encoding", "encoded"]
    notes.clear()
    work(POEM * 200, note=notes.append)
    assert notes == []


def test_what_was_prepared_can_be_opened_again_without_its_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "cache"))
    file = source(tmp_path / "text", POEM * 20)
    first = prepare("text", TextDomain(), [file])
    file.path.unlink()
    again = reopen(TextDomain(), first.place, first.fingerprint)
    assert text_of(again) == text_of(first)
    assert again.fingerprint == first.fingerprint
    for place in ("nowhere", f"../prepared/{UNFINISHED}", ""):
        with pytest.raises(DataError, match="no longer in the cache"):
            reopen(TextDomain(), place, first.fingerprint)
