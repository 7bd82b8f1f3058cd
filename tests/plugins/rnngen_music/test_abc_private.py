"""abc2midi is kept to itself: its files, the files it may open, and what becomes of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from rnngen.contracts.errors import DataError
from rnngen_music import abc2midi
from rnngen_music.abc_notation import read_abc
from rnngen_music.score import symusic

TUNE = "X:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n"


def read(text: str) -> list[object]:
    return [found for found, _ in read_abc(text.encode(), "book.abc")]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a script in the place of abc2midi."""
    symusic()
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.setenv("SYMUSIC_ABC2MIDI", str(path))


def test_no_link_in_the_common_temporary_folder_is_written_through(
    temporary: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("thesis")
    for number in (1804289383, 846930886, 1681692777):  # the names that the library uses first
        (temporary / f"symusic_temp_{number}.abc").symlink_to(precious)
    assert len(read(TUNE + TUNE)) == 2
    assert precious.read_text() == "thesis"
    assert len(list(temporary.iterdir())) == 3


def test_the_folder_of_a_tune_is_for_this_user_only_and_gone_afterwards(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    program(tmp_path, monkeypatch, f"pwd > {seen}; stat -c %a . >> {seen}; ls >> {seen}")
    read(TUNE)
    folder, mode, *files = seen.read_text().split()
    assert Path(folder).parent == temporary.resolve()
    assert mode == "700"
    assert files == ["said", "tune.abc"]
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        "%%abc-include FILE",
        "%%ABC-include FILE",
        "%% abc-include FILE",
        "I:abc-include FILE",
        "I: abc-include FILE",
        "CD[I:abc-include FILE]EF|",
        "%%MIDI ptstress FILE",
        "[I:MIDI ptstress FILE]",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_tune_that_names_a_file_is_refused_with_its_line_and_the_file_not_opened(
    line: str, end: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # who opens it waits for ever
    text = (TUNE + line.replace("FILE", str(pipe)) + "\nGABc|\n\n" + TUNE).replace("\n", end)
    bad, good = read(text)
    assert isinstance(bad, DataError)
    assert "`book.abc`, line 6: " in bad.message
    assert not isinstance(good, DataError)


def test_loudnesses_written_out_and_titles_about_including_are_no_files() -> None:
    title = TUNE.replace("M:", "T:the abc-include hornpipe\nM:")
    (found,) = read(title + "%%MIDI ptstress 2 100 1.0 90 1.0\nGABc|\n")
    assert not isinstance(found, DataError)


def test_a_tune_on_which_the_program_crashes_is_refused_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    symusic()
    real = os.environ["SYMUSIC_ABC2MIDI"]
    crash = f'grep -q T:crash tune.abc && kill -SEGV $$; exec {real} "$@"'
    program(tmp_path, monkeypatch, crash)
    bad, good = read(TUNE.replace("M:", "T:crash\nM:") + "\n" + TUNE)
    assert isinstance(bad, DataError)
    assert "line 1` can't be read: abc2midi crashed on it (SIGSEGV)" in bad.message
    assert not isinstance(good, DataError)


def test_a_tune_that_takes_too_long_is_refused_and_no_process_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = tmp_path / "number"
    program(tmp_path, monkeypatch, f"echo $$ > {number}; exec sleep 60")
    monkeypatch.setattr(abc2midi, "SECONDS", 0.5)
    (bad,) = read(TUNE)
    assert isinstance(bad, DataError)
    assert "did not finish within 0.5 seconds" in bad.message
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_ctrl_c_is_not_for_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = tmp_path / "group"
    program(tmp_path, monkeypatch, f"exec python3 -c 'import os; print(os.getpgrp())' > {group}")
    read(TUNE)
    assert int(group.read_text()) != os.getpgrp()


def test_a_damaged_file_made_by_the_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, "printf 'MThd\\000' > tune.mid")
    (bad,) = read(TUNE)
    assert isinstance(bad, DataError)
    assert "abc2midi produced a damaged file: its header has 5 of 14 bytes" in bad.message


def test_what_the_program_writes_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, "exec dd if=/dev/zero of=tune.mid bs=1M count=200 2>/dev/null")
    (bad,) = read(TUNE)
    assert isinstance(bad, DataError)
    assert "(SIGXFSZ)" in bad.message or "no notes" in bad.message
