import bz2
import gzip
import io
import lzma
import os
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from rnngen.contracts.errors import DataError, UsageError
from rnngen.data.find_sources import find
from rnngen.files import unpack
from rnngen.files.source import Source, cache_folder, fingerprint

TEXT = b"To be, or not to be.\n" * 5000

COMPRESS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("RNNGEN_CACHE", str(folder))
    return folder


def read(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read()


def names(found: list[Source], folder: Path) -> list[str]:
    return [str(source.path.relative_to(folder)) for source in found]


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_files_read_like_plain_ones(tmp_path, suffix):
    path = tmp_path / f"hamlet.txt{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT))
    assert read(Source("hamlet", path)) == TEXT


@pytest.mark.parametrize("suffix", COMPRESS)
def test_files_compressed_in_several_parts_are_read_to_the_end(tmp_path, suffix):
    path = tmp_path / f"parts{suffix}"
    path.write_bytes(COMPRESS[suffix](TEXT) + COMPRESS[suffix](b"the end"))
    assert read(Source("parts", path)) == TEXT + b"the end"


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("damage", ["truncated", "overwritten", "foreign"])
def test_a_damaged_compressed_file_is_an_error_that_names_it(tmp_path, suffix, damage):
    data = bytearray(COMPRESS[suffix](os.urandom(3000) + TEXT))
    if damage == "truncated":
        del data[len(data) // 2 :]
    elif damage == "overwritten":
        data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    else:
        data = bytearray(b"this was never compressed at all")
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(data)
    with pytest.raises(DataError, match="`my bad file` is damaged"):
        read(Source("my bad file", path))


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("name", ["hamlet", "hamlet.txt", "hamlet.gz", "hamlet.xz", "hamlet.bin"])
def test_compressed_file_is_known_by_its_first_bytes_whatever_its_name(tmp_path, suffix, name):
    path = tmp_path / name
    path.write_bytes(COMPRESS[suffix](TEXT))
    source = Source("hamlet", path)
    assert read(source) == TEXT
    assert source.compressed


@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_standard_input_is_unpacked(monkeypatch, suffix):
    packed = io.BytesIO(COMPRESS[suffix](TEXT))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(packed))
    (source,) = find(["-"])
    assert read(source) == TEXT


@pytest.mark.parametrize("inner", COMPRESS)
@pytest.mark.parametrize("outer", COMPRESS)
def test_file_compressed_twice_is_unpacked_twice(tmp_path, inner, outer):
    path = tmp_path / "twice"
    path.write_bytes(COMPRESS[outer](COMPRESS[inner](TEXT)))
    assert read(Source("twice", path)) == TEXT


def test_file_compressed_again_and_again_is_refused(tmp_path):
    data = TEXT
    for _ in range(4):
        data = gzip.compress(data)
    path = tmp_path / "again.gz"
    path.write_bytes(data)
    with pytest.raises(DataError, match="compressed more than 3 times over"):
        read(Source("again", path))


def test_plain_text_whose_name_says_compressed_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "book.txt.gz"
    path.write_bytes(TEXT)
    with pytest.raises(DataError, match=r"its name ends in `.gz`, but it does not begin like one"):
        read(Source("book", path))


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("rest", [b"not compressed at all, and lost before", b"\x00" * 8])
def test_what_stands_behind_the_last_stream_is_refused_unless_it_is_padding(tmp_path, suffix, rest):
    path = tmp_path / "tail"
    path.write_bytes(COMPRESS[suffix](TEXT) + rest)
    if rest.strip(b"\0"):
        with pytest.raises(DataError, match="`tail` is damaged"):
            read(Source("tail", path))
    else:
        assert read(Source("tail", path)) == TEXT


@pytest.mark.parametrize("suffix", COMPRESS)
def test_small_file_that_unpacks_to_a_huge_one_is_read_a_little_at_a_time(tmp_path, suffix):
    path = tmp_path / "bomb"
    path.write_bytes(COMPRESS[suffix](bytes(64 << 20)))
    assert path.stat().st_size < 100_000
    with Source("bomb", path).open() as stream:
        stream.read(1)
        tracemalloc.start()
        count = 1
        while block := stream.read(1 << 20):
            count += len(block)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 64 << 20
    assert most < 40 << 20


@pytest.mark.parametrize("head", [b"BZh is a tribe.", b"BZh9 is one too.", b"PK, he said", b"7z\n"])
def test_text_that_begins_a_little_like_a_packed_file_is_text(tmp_path, head):
    path = tmp_path / "text"
    path.write_bytes(head)
    assert read(Source("text", path)) == head
    assert not Source("text", path).compressed


def test_a_zstandard_file_is_decompressed_a_little_at_a_time(tmp_path):
    path = tmp_path / "zeros.zst"
    path.write_bytes(zstandard.compress(bytes(80 << 20)))
    largest = 0
    raw = unpack.Streams(path.open("rb"), "zstandard")
    while block := raw.read(1 << 20):
        largest = max(largest, len(block) + len(getattr(raw._decoder, "_ready", b"")))
    assert largest < 40 << 20


def test_a_missing_file_suggests_the_nearest_name_of_its_folder(tmp_path):
    (tmp_path / "hamlet.txt").write_text("to be")
    with pytest.raises(UsageError, match="no such file or folder") as caught:
        find([str(tmp_path / "hamlt.txt")])
    assert "hamlet.txt" in caught.value.hint


def test_a_missing_file_in_a_folder_of_other_names_lists_them(tmp_path):
    (tmp_path / "zebra").write_text("z")
    with pytest.raises(UsageError) as caught:
        find([str(tmp_path / "qqqq")])
    assert "zebra" in caught.value.hint


def test_a_missing_folder_is_said_to_be_so(tmp_path):
    with pytest.raises(UsageError) as caught:
        find([str(tmp_path / "nowhere" / "file.txt")])
    assert "nowhere" in caught.value.hint


def test_a_folder_gives_its_files_in_order_and_counts_what_it_skips(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/c.md", ".hidden", ".git/config", "picture.PNG", "x.zip"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / "empty.txt").touch()
    found = find([str(tmp_path)])
    assert names(found, tmp_path) == ["b.txt", "a/c.md", "a/z.txt"]
    assert sorted(path.name for path in found.skipped) == [
        ".hidden",
        "empty.txt",
        "picture.PNG",
        "x.zip",
    ]


def test_a_compressed_picture_in_a_folder_is_still_a_picture(tmp_path):
    (tmp_path / "a.png.gz").write_bytes(gzip.compress(b"x"))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"x"))
    assert names(find([str(tmp_path)]), tmp_path) == ["a.txt.gz"]


def test_a_folder_with_nothing_to_read_is_an_error(tmp_path):
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(UsageError, match="no files to read"):
        find([str(tmp_path)])


def test_a_file_named_by_itself_is_taken_whatever_its_suffix(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG")
    assert find([str(path)])[0].path == path


def test_patterns_find_files_in_order_and_folders_below(tmp_path):
    for name in ("poems/b.txt", "poems/a.txt", "poems/deep/c.txt", "poems/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(find([f"{tmp_path}/poems/*.txt"]), tmp_path) == ["poems/a.txt", "poems/b.txt"]
    deep = names(find([f"{tmp_path}/**/*.txt"]), tmp_path)
    assert sorted(deep) == ["poems/a.txt", "poems/b.txt", "poems/deep/c.txt"]


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no file matches"):
        find([f"{tmp_path}/*.txt"])


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path):
    path = tmp_path / "notes [1].txt"
    path.write_text("x")
    assert find([str(path)])[0].path == path


def test_a_file_named_twice_is_read_once_in_its_first_place(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    found = find([str(tmp_path / "b.txt"), str(tmp_path), f"{tmp_path}/./a.txt"])
    assert names(found, tmp_path) == ["b.txt", "a.txt"]


def test_nothing_named_is_an_error():
    with pytest.raises(UsageError):
        find([])


def test_standard_input_can_be_read_more_than_once(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    (source,) = find(["-"])
    assert source.name == "standard input"
    assert read(source) == read(source) == TEXT


def test_empty_standard_input_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(DataError, match="standard input is empty"):
        find(["-"])


def test_a_pipe_can_be_read_more_than_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(TEXT))
    writer.start()
    (source,) = find([str(pipe)])
    writer.join()
    assert read(source) == read(source) == TEXT


def test_a_cache_that_cannot_be_made_is_an_error_that_says_how_to_move_it(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    with pytest.raises(DataError) as caught:
        find(["-"])
    assert "RNNGEN_CACHE" in caught.value.hint


def test_the_cache_folder_is_what_the_environment_says(cache):
    assert cache_folder() == cache


def test_without_the_environment_the_cache_is_the_systems(monkeypatch):
    monkeypatch.delenv("RNNGEN_CACHE")
    assert cache_folder().name == "rnngen"


def test_an_unreadable_file_is_an_error_that_names_it(tmp_path):
    # A folder in place of a file fails to be read for everybody, root included.
    with pytest.raises(DataError, match="`secret` can't be read"):
        Source("secret", tmp_path).open()


def test_a_file_that_went_away_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DataError, match="`gone` can't be read: no such file"):
        Source("gone", tmp_path / "gone.txt").open()


def test_the_fingerprint_depends_on_content_and_order_alone(tmp_path):
    one, two, packed = (tmp_path / name for name in ("one", "two", "one.gz"))
    one.write_bytes(TEXT)
    two.write_bytes(b"other")
    packed.write_bytes(gzip.compress(TEXT))
    a, b, c = (Source(path.name, path) for path in (one, two, packed))
    assert fingerprint([a, b]) == fingerprint([c, b])
    assert fingerprint([a, b]) != fingerprint([b, a])
    assert fingerprint([a]) != fingerprint([a, a])
    assert len(fingerprint([a])) == 64


def test_a_corpus_is_found_by_name(monkeypatch, tmp_path):
    from rnngen.data import corpora

    wanted = Source("poems", tmp_path / "poems.txt")
    monkeypatch.setattr(corpora, "sources", lambda name: [wanted] if name == "poems" else [])
    assert find(["corpus:poems"]) == [wanted]
