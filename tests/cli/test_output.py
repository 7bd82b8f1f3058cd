"""Where generated sequences go: the paper, JSON, files, and what is told after them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rnngen.bundles.bundle import Bundle, load
from rnngen.cli.output import Output, Paper
from rnngen.cli.ui import Ui
from rnngen.verbs.writing import Generated
from tests import small_bundle


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Forbidden:
    """What a decoder forbade, as an explanation has it."""

    def __str__(self) -> str:
        return "step 1: `b` instead of `a`"

    def to_json(self) -> dict[str, Any]:
        return {"place": 0}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    small_bundle.save(tmp_path / "run")
    return load(tmp_path / "run")


def sequence(text: str, prompt: str = "", forbidden: tuple[Forbidden, ...] = ()) -> Generated:
    logs = [-0.5] * len(text)
    return Generated(
        text, list(text), list(range(len(text))), sum(logs), logs, prompt, "length", forbidden
    )


def output(bundle: Bundle, count: int = 1, prompt: str = "", **changes: Any) -> Output:
    given: dict[str, Any] = {"out": None, "as_json": False, "explain": False, **changes}
    return Output(Ui(), bundle, prompt, count, **given)


def test_control_characters_do_not_reach_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    paper = Paper(Ui(), "")
    paper.write("a\x1b[31mb\tc\n\x07")
    paper.end()
    assert terminal.getvalue() == "a\\x1b[31mb\tc\n\\x07\n"


def test_the_beginning_is_held_back_until_something_follows_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    paper = Paper(Ui(), "Once")
    assert capsys.readouterr().out == ""
    paper.write(" upon")
    assert capsys.readouterr().out == "Once upon"
    paper.begin("---\nOnce")
    assert capsys.readouterr().out == "\n"
    paper.write(" more\n")
    paper.end()
    assert capsys.readouterr().out == "---\nOnce more\n"


def test_one_text_is_written_as_it_grows_and_not_again(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    told = output(bundle, prompt="It ")
    stream = told.streams["stream"]
    stream(0, "wa")
    assert capsys.readouterr().out == "It wa"
    stream(0, "s")
    told.write([sequence("was", "It ")])
    assert capsys.readouterr().out == "s\n"


@pytest.mark.parametrize(
    "changes", [{"count": 2}, {"as_json": True}, {"out": Path("text.txt")}], ids=str
)
def test_what_is_not_one_text_on_stdout_does_not_grow(
    bundle: Bundle, changes: dict[str, Any]
) -> None:
    assert output(bundle, **changes).streams == {}


def test_remarks_are_told_after_the_text_and_what_was_forbidden(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    told = output(bundle, 2, explain=True)
    told.note("worth little")
    assert capsys.readouterr() == ("", "")
    told.write([sequence("ab", forbidden=(Forbidden(),)), sequence("c")])
    out, err = capsys.readouterr()
    assert out == "ab\n---\nc\n"
    assert err.splitlines() == [
        "sequence 1, step 1: `b` instead of `a`",
        "sequence 2, the decoder never forbade the model's first choice",
        "worth little",
    ]


def test_json_has_what_was_forbidden_only_where_that_was_asked(
    bundle: Bundle, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    written = [sequence("ab", "x", (Forbidden(),))]
    output(bundle, as_json=True).write(written)
    (row,) = json.loads(capsys.readouterr().out)
    assert row == {
        "prompt": "x",
        "text": "ab",
        "log_probability": -1.0,
        "end": "length",
        "end_log_probability": None,
        "tokens": [
            {"token": "a", "log_probability": -0.5},
            {"token": "b", "log_probability": -0.5},
        ],
    }
    output(bundle, as_json=True, explain=True, out=tmp_path / "a.json").write(written)
    assert json.loads((tmp_path / "a.json").read_text()) == [{**row, "forbidden": [{"place": 0}]}]
    assert capsys.readouterr() == ("", f"wrote {tmp_path / 'a.json'}\n")
