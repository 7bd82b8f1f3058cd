"""What the cache keeps: its size, who may read it, and that nothing in use goes."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnngen.components.domains.text import TextDomain
from rnngen.contracts.errors import UsageError
from rnngen.data import kept
from rnngen.data.cache import Dataset
from rnngen.data.find_sources import find
from rnngen.data.kept import UNFINISHED, chosen, entries, remove, shrink, size_limit
from rnngen.data.prepare import prepare
from rnngen.files.locks import Hold, in_use
from rnngen.files.source import Source


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(folder: Path, name: str, used: float = 0.0) -> Dataset:
    """A text, encoded; last used so many seconds ago, as soon as it is let go."""
    path = folder / name
    path.write_text(f"{name} says that the cat sat on the mat. " * 400)
    dataset = prepare("text", TextDomain(), [Source(name, path)], note=lambda text: None)
    then = time.time() - used
    os.utime(kept.cache_folder() / "prepared" / dataset.place / kept.SUMMARY, (then, then))
    return dataset


def sources(root: Path) -> list[str]:
    return sorted(name for entry in entries(root) for name in entry.of)


def test_an_entry_says_what_it_was_made_from_and_whether_it_is_used(
    root: Path, tmp_path: Path
) -> None:
    dataset = made(tmp_path, "a.txt")
    (entry,) = entries()
    assert (entry.kind, entry.of, entry.in_use) == ("encoded", ("a.txt",), True)
    assert entry.name == dataset.place
    files = [path for path in (root / "prepared" / dataset.place).rglob("*") if path.is_file()]
    assert entry.bytes == sum(path.stat().st_size for path in files)
    del dataset
    gc.collect()
    (entry,) = entries()
    assert not entry.in_use


def test_the_least_recently_used_goes_first_and_what_is_used_stays(
    root: Path, tmp_path: Path
) -> None:
    held = made(tmp_path, "held", used=900)
    for name, used in (("old", 500), ("new", 10), ("middle", 100)):
        made(tmp_path, name, used)
    gc.collect()
    one = max(entry.bytes for entry in entries())
    assert shrink(root, 10 * one) == []
    assert [entry.of for entry in shrink(root, 2 * one)] == [("old",), ("middle",)]
    assert sources(root) == ["held", "new"]
    shrink(root, 0)
    assert sources(root) == ["held"]
    assert held.train.steps[1:5].tolist()


def test_a_new_text_pushes_out_the_old_and_says_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "old", used=50)
    gc.collect()
    monkeypatch.setenv("RNNGEN_CACHE_SIZE", "1")
    notes: list[str] = []
    (tmp_path / "new").write_text("the cat sat on the mat. " * 90)
    sources_ = [Source("new", tmp_path / "new")]
    dataset = prepare("text", TextDomain(), sources_, note=notes.append)
    assert any(note.startswith("encoded data kept in the cache: ") for note in notes)
    assert any("removed the encoded data of old from the cache: " in note for note in notes)
    assert sources(root) == ["new"]
    assert dataset.summary.encoded


def test_size_zero_keeps_nothing_once_it_is_not_used(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNGEN_CACHE_SIZE", "0")
    dataset = made(tmp_path, "a.txt")
    assert sources(root) == ["a.txt"]
    del dataset
    gc.collect()
    assert sources(root) == []


def test_another_process_that_uses_an_entry_keeps_it(root: Path, tmp_path: Path) -> None:
    made(tmp_path, "a.txt")
    gc.collect()
    (entry,) = entries()
    code = (
        "import sys; from pathlib import Path; from rnngen.files.locks import Hold;"
        "hold = Hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(entry.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert not remove(entry)
        assert entry.path.is_dir()
        other.communicate()
    assert remove(entry)
    assert not entry.path.exists()


def test_what_a_killed_process_left_goes_after_a_day(root: Path) -> None:
    work, fresh = root / "prepared" / f"{UNFINISHED}x", root / "prepared" / f"{UNFINISHED}y"
    copy = root / "spool" / "input-z"
    for path in (work, fresh, copy.parent):
        path.mkdir(parents=True)
    copy.write_text("private")
    then = time.time() - 2 * kept.DAY
    for path in (work, copy):
        os.utime(path, (then, then))
    hold = Hold(copy)
    shrink(root, 0)
    assert (work.exists(), fresh.exists(), copy.exists()) == (False, True, True)
    hold.release()
    shrink(root, 0)
    assert not copy.exists()


def test_only_the_user_can_read_what_is_kept(root: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        dataset = made(tmp_path, "a.txt")
        os.mkfifo(tmp_path / "pipe")
        with subprocess.Popen(["sh", "-c", f"echo text > '{tmp_path / 'pipe'}'"]):
            found = find([str(tmp_path / "pipe")])
    finally:
        os.umask(before)
    assert found[0].path.parent == root / "spool"
    for path in [root, *root.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.suffix != ".lock":
            assert mode == (0o700 if path.is_dir() else 0o600), path
    assert dataset.place


def test_a_folder_that_was_open_to_others_is_closed(root: Path, tmp_path: Path) -> None:
    (root / "prepared").mkdir(parents=True, mode=0o755)
    root.chmod(0o755)
    made(tmp_path, "a.txt")
    assert stat.S_IMODE((root / "prepared").stat().st_mode) == 0o700


def test_a_group_shares_its_cache(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    root.chmod(0o770)
    dataset = made(tmp_path, "a.txt")
    entry = root / "prepared" / dataset.place
    assert stat.S_IMODE(entry.stat().st_mode) == 0o770
    assert stat.S_IMODE((entry / kept.SUMMARY).stat().st_mode) == 0o660


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 2**30), ("500MB", 5e8), ("2GiB", 2**31), ("1.5 g", 1.5e9), ("0", 0), ("17", 17),
     ("none", float("inf")), ("64KiB", 2**16)],
)  # fmt: skip
def test_a_size_is_written_as_people_write_it(text: str, expected: float) -> None:
    assert size_limit({"RNNGEN_CACHE_SIZE": text}) == expected


@pytest.mark.parametrize("text", ["much", "-1", "1TB", "1e9", "GB"])
def test_what_is_not_a_size_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="expected a size"):
        size_limit({"RNNGEN_CACHE_SIZE": text})


def test_an_entry_is_named_by_its_name_its_beginning_or_a_source(
    root: Path, tmp_path: Path
) -> None:
    place = made(tmp_path, "a.txt").place
    made(tmp_path, "b.txt", used=3600)
    gc.collect()
    for name in (place, place[:8], "a.txt"):
        assert [entry.of for entry in chosen([name], None)] == [("a.txt",)]
    assert len(chosen([], None)) == 2
    assert [entry.of for entry in chosen([], 60)] == [("b.txt",)]
    with pytest.raises(UsageError, match=r"nothing in the cache is called `c\.txt`"):
        chosen(["a.txt", "c.txt"], None)


def test_a_link_is_deleted_and_not_what_it_names(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").write_text("")
    (root / "prepared").mkdir(parents=True)
    (root / "prepared/link").symlink_to(tmp_path / "mine")
    for entry in entries():
        assert remove(entry)
    assert (tmp_path / "mine/file").exists()
    assert entries() == []


def test_a_summary_of_any_kind_is_listed(root: Path) -> None:
    for number, content in enumerate(("{", "[]", '{"sources": 3}', "[" * 50_000, "null")):
        folder = root / "prepared" / str(number)
        folder.mkdir(parents=True)
        (folder / kept.SUMMARY).write_text(content)
    (root / "prepared/pipe").mkdir()
    os.mkfifo(root / "prepared/pipe" / kept.SUMMARY)
    assert [entry.of for entry in entries()] == [()] * 6


def test_a_lock_is_shared_and_ends_when_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    first, second = Hold(path), Hold(path)
    assert in_use(path)
    first.release()
    assert in_use(path)
    second.release()
    assert not in_use(path)
    with pytest.raises(FileNotFoundError):
        Hold(tmp_path / "none")
