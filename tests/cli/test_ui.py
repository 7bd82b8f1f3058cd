"""What a person sees: which stream, which words, and where colours and bars are."""

from __future__ import annotations

import io
import json
import math
import sys

import pytest

from rnngen.cli.progress_text import clock_time, numbers
from rnngen.cli.ui import PlainProgress, Ui
from rnngen.contracts.errors import UsageError


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    """`terminal()`: stdout and stderr are terminals from then on."""
    for name in ("NO_COLOR", "TERM", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")

    def begin() -> tuple[Terminal, Terminal]:
        streams = Terminal(), Terminal()
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        return streams

    return begin


def test_data_is_on_stdout_and_talk_on_stderr(capsys):
    ui = Ui()
    ui.note("note")
    ui.warn("careful")
    ui.error(UsageError("wrong", hint="right"))
    ui.write("data\n")
    ui.json({"a": "é"})
    written = capsys.readouterr()
    assert written.err == "note\nwarning: careful\nerror: wrong\nhint: right\n"
    assert written.out == 'data\n{\n  "a": "é"\n}\n'


def test_error_without_hint_is_one_line(capsys):
    Ui().error(UsageError("wrong"))
    assert capsys.readouterr().err == "error: wrong\n"


@pytest.mark.parametrize(
    ("quiet", "verbose", "said"),
    [
        (0, 0, ["note", "warning: careful", "error: wrong"]),
        (0, 1, ["note", "detail", "warning: careful", "error: wrong"]),
        (1, 0, ["warning: careful", "error: wrong"]),
        (1, 1, ["warning: careful", "error: wrong"]),
        (2, 0, ["error: wrong"]),
    ],
)
def test_quiet_and_verbose_say_less_and_more(capsys, quiet, verbose, said):
    ui = Ui(quiet=quiet, verbose=verbose)
    ui.note("note")
    ui.detail("detail")
    ui.warn("careful")
    ui.error(UsageError("wrong"))
    assert capsys.readouterr().err.splitlines() == said


def test_json_is_never_invalid(capsys):
    Ui().json({"a": math.nan, "b": [math.inf, 1.5]})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5]}


def test_table_in_a_pipe_is_aligned_text(capsys):
    Ui().table(["name", "what"], [["gru", "a cell"], ["a-long-name", ""]], title="Cells")
    assert capsys.readouterr().out == (
        "Cells\nname         what\ngru          a cell\na-long-name\n"
    )


def test_empty_table_is_its_heading(capsys):
    Ui().table(["a", "b"], [])
    assert capsys.readouterr().out == "a  b\n"


def test_table_on_a_terminal_shows_text_as_it_is(terminal):
    out, _err = terminal()
    Ui().table(["name"], [["[bold]not markup[/bold]"]])
    assert "[bold]not markup[/bold]" in out.getvalue()


def test_colour_is_on_a_terminal_only_and_words_are_the_same(terminal, monkeypatch):
    _out, err = terminal()
    Ui().error(UsageError("wrong"))
    coloured = err.getvalue()
    assert "\033[" in coloured
    for name, value in (("NO_COLOR", "yes"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not Ui().is_rich(sys.stderr)
    monkeypatch.setenv("NO_COLOR", "")
    assert Ui().is_rich(sys.stderr)
    assert not Ui(color="never").is_rich(sys.stderr)
    assert Ui(color="always").is_rich(io.StringIO())


def test_numbers_are_one_line():
    metrics = {
        "epoch": 1.26,
        "loss": 1.4234,
        "pen_points_per_second": 18300.0,
        "grad_norm": 0.312,
        "valid": math.nan,
        "ewc.penalty": 0.5,
    }
    assert numbers(metrics, 41.0) == (
        "epoch 1.3  train 1.423  18.3k pen points/s  grad 0.31  ewc.penalty 0.500  eta 0:41"
    )
    assert numbers({"learning_rate": 0.00039}, None) == "rate 3.9e-04"
    assert numbers({"tokens_per_second": 999.0}, None) == "999 tokens/s"
    assert numbers({"tokens_per_second": 2.5e6}, None) == "2.5M tokens/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (40.2, "0:41"), (725, "12:05"), (3723, "1:02:03"), (-1, "0:00")],
)
def test_time_left_is_read_like_a_clock(seconds, text):
    assert clock_time(seconds) == text


def test_progress_in_a_log_is_a_line_every_ten_seconds_first_and_last(capsys):
    now = [0.0]
    bar = PlainProgress(Ui(), clock=lambda: now[0])
    for step in range(1, 26):
        bar.progress(step, 25, {"loss": 1.0}, 25.0 - step)
        now[0] += 1.0
    assert capsys.readouterr().err.splitlines() == [
        "step  1/25  train 1.000  eta 0:24",
        "step  11/25  train 1.000  eta 0:14",
        "step  21/25  train 1.000  eta 0:04",
        "step  25/25  train 1.000  eta 0:00",
    ]


def test_progress_without_a_known_end_has_no_total(capsys):
    with Ui().progress() as bar:
        bar.progress(3, None, {}, None)
    assert capsys.readouterr().err == "step  3\n"


def test_quiet_progress_says_nothing_but_warnings(capsys):
    with Ui(quiet=1).progress() as bar:
        bar.progress(1, 2, {"loss": 1.0}, 1.0)
        bar.note("note")
        bar.sample("text", "step 1")
        bar.warn("careful")
    assert capsys.readouterr().err == "warning: careful\n"


def test_sample_in_a_log_has_a_title_and_an_end(capsys):
    Ui().sample("one\ntwo", "step 5")
    assert capsys.readouterr().err == "--- step 5\none\ntwo\n---\n"


def test_bar_on_a_terminal_has_the_numbers_and_notes_stay_above_it(terminal):
    out, err = terminal()
    ui = Ui()
    with ui.progress() as bar:
        bar.progress(1, 4, {"loss": 1.5}, 3.0)
        bar.note("a note with [brackets]")
        ui.warn("careful")
        bar.sample("a preview", "step 1")
        bar.progress(4, 4, {"loss": 1.25}, 0.0)
    written = err.getvalue()
    assert "a note with [brackets]" in written
    assert "careful" in written
    assert "a preview" in written
    assert "step 4/4" in written
    assert "train 1.250" in written
    assert out.getvalue() == ""
    ui.note("after")
    assert err.getvalue().endswith("after\n")


def test_bar_without_a_known_end_moves_with_the_time_that_is_left(terminal):
    _out, err = terminal()
    with Ui().progress() as bar:
        bar.progress(10, None, {}, None)
        bar.progress(20, None, {"loss": 1.0}, 60.0)
    assert "eta 1:00" in err.getvalue()


def test_json_of_a_list_is_a_list(capsys):
    Ui().json([1, None, "x"])
    assert json.loads(capsys.readouterr().out) == [1, None, "x"]
