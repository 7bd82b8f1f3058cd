"""Bad inputs to every command: an error in our words, quickly, and nothing on stdout or on disk.

`bad_inputs.txt` has them. A line begins with environment variables, as in a shell; `STDIN=` is what
stdin holds, with escapes. In a word, `{long}` is 5,000 letters, `{digits}` is a number of 5,000
digits, `{line}` a line end, `{nul}` a null character, `{byte}` a byte that is no UTF-8, `{rtl}` a
mark that turns the direction of text.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rnngen.cli import COMMANDS
from tests.cli import bad_files

WORDS = {
    "{long}": "x" * 5000,
    "{digits}": "1" + "0" * 5000,
    "{line}": "\n",
    "{nul}": "\0",
    "{byte}": "\udcff",
    "{rtl}": "\u202e",
}

SECONDS = 10.0
"""Of the processor: far more than any takes, but for one that trains or searches."""


@dataclass(frozen=True)
class Bad:
    """One line of the table."""

    code: int
    says: str
    line: str

    @classmethod
    def read(cls, text: str) -> Bad:
        code, says, line = text.rstrip("\n").split(" | ", 2)
        return cls(int(code), says.replace("{line}", "\\n"), line)

    @property
    def words(self) -> list[str]:
        words = shlex.split(self.line)
        for name, value in WORDS.items():
            words = [word.replace(name, value) for word in words]
        return words

    @property
    def variables(self) -> dict[str, str]:
        """What stands before the command."""
        found: dict[str, str] = {}
        for word in self.words:
            match = re.fullmatch(r"([A-Z_]+)=(.*)", word, flags=re.DOTALL)
            if match is None:
                break
            found[match[1]] = match[2]
        return found

    @property
    def arguments(self) -> list[str]:
        return self.words[len(self.variables) :]

    @property
    def stdin(self) -> bytes:
        return self.variables.get("STDIN", "").encode().decode("unicode_escape").encode("latin-1")


TABLE = [
    Bad.read(line)
    for line in Path(__file__).with_name("bad_inputs.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bad")
    bad_files.make(path)
    return path


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.line[:60])
def test_bad_input_ends_with_its_exit_code_and_a_message(
    folder: Path, bad: Bad, run_cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for name, value in bad.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bad.stdin)))
    before, begin = set(os.listdir()), time.process_time()
    done = run_cli(*bad.arguments)
    assert done.exit_code == bad.code, done.stderr
    error = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert bad.says in error
    assert "internal error" not in error
    assert "Traceback" not in done.stderr
    assert len(error) < 2000
    assert done.stdout == ""
    assert set(os.listdir()) == before
    assert time.process_time() - begin < SECONDS


def test_every_command_is_in_the_table_and_no_code_is_that_of_a_bug() -> None:
    used = Counter(word for bad in TABLE for word in bad.arguments if word in COMMANDS)
    assert [name for name in COMMANDS if not used[name]] == []
    assert {bad.code for bad in TABLE} == {1, 2, 3}
    assert len(TABLE) >= 200


@pytest.mark.parametrize(
    "line",
    [
        "--plugin-path broken_plugin.py list",
        "fit nothing.txt",
        "list cakes",
    ],
)
def test_the_process_ends_as_the_function_does(folder: Path, line: str) -> None:
    bad = next(bad for bad in TABLE if bad.line.startswith(line))
    done = subprocess.run(
        [sys.executable, "-m", "rnngen", *bad.arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == bad.code
    assert done.stdout == ""
    assert bad.says in done.stderr
    assert "Traceback" not in done.stderr
