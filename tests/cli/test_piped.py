"""Piped stdin is the prompt where it certainly is one; nothing else is taken, and nothing hangs."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnngen.cli import piped
from tests import small_bundle
from tests.conftest import RunCli

Pipe = Callable[[bytes, bool], int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_bundle.save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Pipe:
    """Makes stdin a pipe that holds `data`, and has `ended`; gives the end to write to."""

    def make(data: bytes, ended: bool) -> int:
        ours, theirs = os.pipe()
        os.write(theirs, data)
        stream = open(ours, encoding="utf-8")  # noqa: SIM115
        request.addfinalizer(stream.close)
        if ended:
            os.close(theirs)
        else:
            request.addfinalizer(lambda: os.close(theirs))
        monkeypatch.setattr(sys, "stdin", stream)
        return theirs

    return make


def test_what_is_piped_is_continued_without_its_last_line_end(
    run: Path, run_cli: RunCli, pipe: Pipe
) -> None:
    expected = run_cli("generate", run, "ab c", "-l", 9).stdout
    pipe(b"ab c\n", True)
    assert run_cli("generate", run, "-l", 9).stdout == expected
    for arguments in (["-"], ["--prompt-file", "-"]):
        pipe(b"ab c\n", True)
        assert run_cli("generate", run, *arguments, "-l", 9).stdout == expected


def test_a_prompt_that_was_given_leaves_stdin_alone(
    run: Path, run_cli: RunCli, pipe: Pipe, tmp_path: Path
) -> None:
    (tmp_path / "p.txt").write_text("ab")
    for arguments in (["ab"], ["--prompt", "ab"], ["--prompt-file", "p.txt"], ["--prompt", ""]):
        pipe(b"next line\n", True)
        assert run_cli("generate", run, *arguments, "-l", 3).exit_code == 0
        assert sys.stdin.read() == "next line\n"


def test_an_empty_stdin_is_no_prompt(
    run: Path, run_cli: RunCli, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run_cli("generate", run, "--prompt", "", "-l", 9).stdout
    pipe(b"", True)
    assert run_cli("generate", run, "-l", 9).stdout == expected
    for stream in (None, io.StringIO("ab"), open(os.devnull)):  # noqa: SIM115
        monkeypatch.setattr(sys, "stdin", stream)
        assert run_cli("generate", run, "-l", 9).stdout == expected


def test_a_pipe_that_holds_nothing_yet_is_not_waited_for(
    run: Path, run_cli: RunCli, pipe: Pipe
) -> None:
    expected = run_cli("generate", run, "--prompt", "", "-l", 9).stdout
    pipe(b"", False)
    done = run_cli("generate", run, "-l", 9)
    assert done.stdout == expected
    assert "stdin is an empty pipe" in done.stderr


def test_a_pipe_that_does_not_end_is_an_error_and_not_a_wait(
    run: Path, run_cli: RunCli, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piped, "PATIENCE", 0.05)
    pipe(b"ab", False)
    done = run_cli("generate", run, "-l", 9)
    assert done.exit_code == 2
    assert "does not end" in done.stderr
    monkeypatch.setattr(piped, "LARGEST", 100)
    pipe(b"ab" * 100, True)
    assert run_cli("generate", run, "-l", 9).exit_code == 2


def test_a_file_is_the_prompt_only_if_nobody_has_begun_to_read_it(
    run: Path, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.txt").write_text("ab c\nrest\n")
    expected = run_cli("generate", run, "--prompt", "", "-l", 9).stdout
    with (tmp_path / "list.txt").open() as stream:
        os.lseek(stream.fileno(), 5, os.SEEK_SET)  # as `while read line` leaves it
        monkeypatch.setattr(sys, "stdin", stream)
        assert run_cli("generate", run, "-l", 9).stdout == expected
        assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == 5
    (tmp_path / "list.txt").write_text("ab c\n")
    with (tmp_path / "list.txt").open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        done = run_cli("generate", run, "-l", 9)
        assert done.stdout.startswith("ab c")


def test_what_is_piped_and_not_utf_8_or_unknown_is_an_error(
    run: Path, run_cli: RunCli, pipe: Pipe
) -> None:
    pipe(b"\xff", True)
    assert run_cli("generate", run, "-l", 9).exit_code == 1
    pipe(b"xyz", True)
    done = run_cli("generate", run, "-l", 9)
    assert done.exit_code == 1
    assert "`x`" in done.stderr
