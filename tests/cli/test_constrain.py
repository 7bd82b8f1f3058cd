"""`rnngen constrain check`: what is told, and its exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from rnngen import ExitCode
from tests.conftest import RunCli

SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 1, "maximum": 99}},
    "required": ["age"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("person.json").write_text(json.dumps(SCHEMA), "utf-8")
    Path("calls.lark").write_text('start: "f(" start ")" | "x"\n', "utf-8")


def test_a_schema_is_described_for_a_person(run_cli: RunCli) -> None:
    done = run_cli("constrain", "check", "person.json", "--text", '{"age":7}')
    assert (done.exit_code, done.stderr) == (ExitCode.OK, "")
    lines = [line.split("  ", 1) for line in done.stdout.splitlines()]
    told = {name.strip(): text.strip() for name, text in lines}
    assert told["constraint"] == "json_schema=person.json"
    assert told["shortest"] == '9 bytes: {"age":1}'
    assert told["longest"] == "11 bytes"
    assert told["text"] == "valid"
    assert done.stdout.count("\nsample ") == 5


def test_a_text_that_fails_is_exit_code_1_with_its_place(run_cli: RunCli) -> None:
    done = run_cli("constrain", "check", "calls.lark", "--text", "f(y)")
    assert done.exit_code == ExitCode.FAILED
    assert "not valid: line 1 column 3 (byte 2): `y` can't stand here" in done.stdout
    assert "`f`, `x`" in done.stdout


def test_json_holds_all_of_it(run_cli: RunCli) -> None:
    done = run_cli("constrain", "check", "number=1..12", "--text", "13", "--json")
    assert done.exit_code == ExitCode.FAILED
    told = json.loads(done.stdout)
    assert told["parts"] == [{"name": "number=1..12", "engine": "table", "proven": True}]
    assert (told["shortest"]["bytes"], told["longest"]["bytes"]) == (1, 2)
    assert all(1 <= int(text) <= 12 for text in told["samples"])
    assert told["text"]["valid"] is False
    misfit = told["text"]["misfit"]
    assert (misfit["byte"], misfit["expected"], misfit["may_end"]) == (1, ["0..2"], True)
    without = json.loads(run_cli("constrain", "check", "number=1..12", "--json").stdout)
    assert without["text"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.json"], "can't be read"),
        (["person.txt"], "is not a constraint"),
        (["numbr=1..2"], "there is no kind of constraint `numbr`"),
        (["--regex", "a", "--regex", "b"], "nothing satisfies"),
        (["--regex", "("], "regex"),
        ([], "no constraint was given"),
        (["haiku", "--text", "a", "--text-file", "b"], "both given"),
    ],
)
def test_what_can_not_be_checked_is_exit_code_2(
    run_cli: RunCli, arguments: list[str], message: str
) -> None:
    done = run_cli("constrain", "check", *arguments)
    assert (done.exit_code, done.stdout) == (ExitCode.USAGE, "")
    assert message in done.stderr
    assert "hint: " in done.stderr


def test_the_line_break_that_ends_a_file_counts_only_where_it_is_wanted(run_cli: RunCli) -> None:
    Path("ann.json").write_text('{"age": 7}\n', "utf-8")
    assert run_cli("constrain", "check", "person.json", "--text-file", "ann.json").exit_code == 0
    for pattern, code in ((r"a\n", 0), (r"a", 0), (r"a\n\n", 1)):
        Path("a.txt").write_text("a\n", "utf-8")
        done = run_cli("constrain", "check", "--regex", pattern, "--text-file", "a.txt")
        assert done.exit_code == code


def test_the_text_may_come_from_stdin(run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"age": 100}')))
    done = run_cli("constrain", "check", "person.json", "--text-file", "-")
    assert done.exit_code == ExitCode.FAILED
    assert "column 11" in done.stdout


def test_a_kind_of_another_plugin_and_options_of_the_decoder_are_served(run_cli: RunCli) -> None:
    done = run_cli("constrain", "check", "haiku", "-n", 2, "--json")
    told = json.loads(done.stdout)
    assert [text.count("\n") for text in told["samples"]] == [2, 2]
    dense = run_cli("constrain", "check", "person.json", "-o", "whitespace=none", "-n", 5)
    assert '": ' not in dense.stdout
