"""The command line as a whole: help, exit codes, errors, verbosity, broken pipes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rnngen import cli as face
from rnngen.cli import COMMANDS, cli, main
from rnngen.cli.parameters import Duration
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import (
    BundleError,
    DataError,
    ExitCode,
    Interrupted,
    PluginError,
    RnngenError,
    RunError,
    UsageError,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(monkeypatch):
    """`command(function)`: makes `rnngen doctor` call a function."""

    def put(function):
        def run() -> int | None:
            return function()

        monkeypatch.setattr("rnngen.cli.doctor.command", click.Command("doctor", callback=run))

    return put


def raising(error: BaseException):
    def function():
        raise error

    return function


def test_help_lists_every_command_with_its_help_and_two_examples(run_cli):
    done = run_cli("--help")
    assert done.exit_code == ExitCode.OK
    assert done.stderr == ""
    assert len(re.findall(r"^ {4}rnngen ", done.stdout, flags=re.MULTILINE)) >= 2
    for name, text in COMMANDS.items():
        assert re.search(rf"^  {name}\s+{re.escape(text)}$", done.stdout, flags=re.MULTILINE)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_a_command_is_what_the_list_says(name):
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=100) == COMMANDS[name]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_every_command_begins_with_what_it_does_and_has_examples(run_cli, name):
    done = run_cli(name, "--help")
    assert done.exit_code == ExitCode.OK
    assert done.stdout.startswith(f"Usage: rnngen {name}")
    examples = done.stdout.partition("Examples:")[2]
    assert len(re.findall(r"^ {4}.*rnngen ", examples, flags=re.MULTILINE)) >= 2


def test_no_command_at_all_shows_the_help(run_cli):
    done = run_cli()
    assert (done.exit_code, done.stderr) == (ExitCode.OK, "")
    assert "Commands:" in done.stdout


def test_version_is_told(run_cli):
    from rnngen.contracts.version import __version__

    assert run_cli("--version").stdout == f"rnngen {__version__}\n"


def test_misspelt_command_gets_a_suggestion(run_cli):
    done = run_cli("genrate", "x")
    assert done.exit_code == ExitCode.USAGE
    assert done.stdout == ""
    assert done.stderr == (
        "error: there is no command `genrate`\nhint: did you mean `rnngen generate`?\n"
    )
    assert "`rnngen --help` lists them" in run_cli("zzz").stderr


def test_unknown_flag_is_an_error_in_our_words(run_cli):
    done = run_cli("list", "--jsn")
    assert done.exit_code == ExitCode.USAGE
    assert done.stderr == "error: no such option `--jsn`\nhint: did you mean `--json`?\n"
    assert "hint: see `rnngen list --help`" in run_cli("list", "--zzzzz").stderr
    assert "hint: see `rnngen completion --help`" in run_cli("completion", "tcsh").stderr


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (RnngenError("no"), 1),
        (DataError("no"), 1),
        (BundleError("no"), 1),
        (RunError("no"), 1),
        (UsageError("no"), 2),
        (PluginError("no"), 3),
        (Interrupted("no"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("no"), 70),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_exit_code(run_cli, command, error, exit_code):
    command(raising(error))
    done = run_cli("doctor")
    assert done.exit_code == exit_code
    # After Ctrl-C the terminal's line is ended first.
    assert done.stderr.lstrip("\n").startswith("error: ")
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_exit_code_of_a_command_is_the_program_s(run_cli, command):
    command(lambda: 1)
    assert run_cli("doctor").exit_code == 1
    command(lambda: None)
    assert run_cli("doctor").exit_code == 0


def test_bug_is_told_in_two_lines_and_with_a_traceback_on_demand(run_cli, command):
    command(raising(ZeroDivisionError("by\nzero")))
    done = run_cli("doctor")
    assert done.stderr.splitlines()[0] == "error: internal error: ZeroDivisionError: by zero"
    assert "`rnngen -v ...` shows the traceback" in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert "Traceback" in run_cli("-v", "doctor").stderr


def test_cause_of_an_error_is_shown_on_demand(run_cli, command):
    def function():
        try:
            raise ValueError("deep down")
        except ValueError as error:
            raise PluginError("on top", hint="mend it") from error

    command(function)
    assert run_cli("doctor").stderr == "error: on top\nhint: mend it\n"
    verbose = run_cli("-v", "doctor")
    assert "ValueError: deep down" in verbose.stderr
    assert verbose.stderr.endswith("error: on top\nhint: mend it\n")


def test_verbosity_may_stand_before_or_after_the_command(run_cli):
    for arguments in (["-q", "list", "strategies"], ["list", "strategies", "-q"]):
        assert run_cli("--no-plugins", *arguments).stderr == ""
    assert "no strategies" in run_cli("--no-plugins", "list", "strategies").stderr


def test_broken_plugin_does_not_stop_help_and_lists(run_cli, install):
    install("importerror", "good")
    assert run_cli("--help").stderr == ""
    done = run_cli("list", "decoders")
    assert done.exit_code == 0
    assert "fixed" in done.stdout
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("warning: plugin `importerror` (rnngen-importerror 0.3.0)")
    assert run_cli("-qq", "list", "decoders").stderr == ""
    assert run_cli("--no-plugins", "list", "decoders").stderr == ""


def test_environment_switches_are_those_of_the_command_line(run_cli, install, monkeypatch):
    install("good", "importerror")
    monkeypatch.setenv("RNNGEN_STRICT", "1")
    assert run_cli("list").exit_code == ExitCode.PLUGIN
    monkeypatch.setenv("RNNGEN_PLUGINS", "good")
    done = run_cli("list", "decoders")
    assert (done.exit_code, done.stderr) == (0, "")
    monkeypatch.setenv("RNNGEN_DISABLE", "rnngen-good")
    assert "fixed" not in run_cli("list", "decoders").stdout


def test_plugin_path_adds_a_file(run_cli, tmp_path):
    path = tmp_path / "local_decoder.py"
    path.write_text(
        "import rnngen\n"
        "@rnngen.hookimpl\n"
        "def register_decoders(register): register('local', 'local_decoder:X', summary='mine')\n"
    )
    assert "local" in run_cli("--plugin-path", path, "list", "decoders").stdout
    assert "local" not in run_cli("list", "decoders").stdout
    done = run_cli("--plugin-path", tmp_path / "none.py", "list", "decoders")
    assert done.exit_code == ExitCode.USAGE
    del sys.modules["local_decoder"]


def test_color_is_switched_by_flag_and_environment(run_cli, monkeypatch):
    assert "\033[" not in run_cli("nothing").stderr
    assert "\033[" in run_cli("--color", "always", "show", "nothing-at-all").stderr
    monkeypatch.delenv("NO_COLOR")
    assert "\033[" not in run_cli("show", "nothing-at-all").stderr


def program(*arguments: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rnngen", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        **more,
    )


def test_module_is_the_program():
    done = program("lst")
    assert done.returncode == ExitCode.USAGE
    assert "did you mean `rnngen list`?" in done.stderr


def test_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "rnngen", "list"],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_output_in_a_pipe_is_utf8_whatever_the_locale():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    environment["RNNGEN_PLUGINS"] = ""
    done = subprocess.run(
        [sys.executable, "-m", "rnngen", "list", "zellé"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == ExitCode.USAGE
    assert "Traceback" not in done.stderr.decode("utf-8")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("1h30m", 5400.0),
        ("1.5h", 5400.0),
        ("1h1m1s", 3661.0),
        (" 2M ", 120.0),
        (0.5, 0.5),
    ],
)
def test_duration_is_read_as_seconds(text, seconds):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "m", "2x", "-1", "0", "0s", "1m2h", "1 m", "nan", "1e3"])
def test_wrong_duration_says_how_it_is_written(text):
    with pytest.raises(click.BadParameter, match="not a duration; expected something like `90s`"):
        Duration().convert(text, None, None)


def test_main_leaves_no_state_behind(capsys):
    assert main(["-v", "-q", "--version"]) == 0
    assert face.main(["list", "cells", "--json"]) == 0
    assert Ui().quiet == 0
    assert '"name": "gru"' in capsys.readouterr().out


def test_what_the_system_refuses_is_not_a_bug_of_ours(run_cli, command):
    command(raising(OSError(36, "File name too long", "xxx")))
    done = run_cli("doctor")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: `xxx`: file name too long\nhint: ")


def test_a_message_is_one_line_and_no_word_of_it_is_longer_than_a_path(run_cli, command):
    command(raising(RnngenError("two\nlines " + "x" * 5000, hint="y" * 5000)))
    lines = run_cli("doctor").stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(r"error: two\nlines xxx")
    assert "…" in lines[0]
    assert max(map(len, lines)) < 200


def test_a_warning_of_python_is_one_line_and_silent_on_demand(run_cli, command):
    import warnings

    command(lambda: warnings.warn("a\nb", UserWarning, stacklevel=1))
    assert re.fullmatch(r"warning: UserWarning: a b \(.*:\d+\)\n", run_cli("doctor").stderr)
    assert run_cli("-qq", "doctor").stderr == ""


def test_an_empty_path_names_nothing(run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (["generate", ""], ["fit", ""], ["fit", "x", "--run", ""], ["compare", ""]):
        done = run_cli(*arguments)
        assert done.exit_code == ExitCode.USAGE
        assert "empty" in done.stderr
    assert list(tmp_path.iterdir()) == []
