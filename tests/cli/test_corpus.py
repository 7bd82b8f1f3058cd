"""`rnngen corpus`: stdout is data, stderr is talk, nothing heavy is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnngen.data import corpora


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path))


def test_list_names_every_corpus(run_cli: Any) -> None:
    outcome = run_cli("corpus", "list")
    assert outcome.exit_code == 0
    names = [line.split()[0] for line in outcome.stdout.splitlines()[1:]]
    assert [name for name in names if name in corpora.names()] == corpora.names()


def test_list_as_json_is_what_describe_says(run_cli: Any) -> None:
    found = json.loads(run_cli("corpus", "list", "--json").stdout)
    assert [each["name"] for each in found] == corpora.names()
    assert {each["kind"] for each in found} == {"bundled", "made", "recipe"}


def test_show_says_where_a_recipe_fetches_and_which_sum_it_expects(run_cli: Any) -> None:
    outcome = run_cli("corpus", "show", "tiny-shakespeare")
    assert outcome.exit_code == 0
    assert "https://raw.githubusercontent.com/karpathy/char-rnn" in outcome.stdout
    assert "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed" in outcome.stdout
    assert "not known" in run_cli("corpus", "show", "gutenberg-classics").stdout


def test_show_gives_the_beginning_of_a_bundled_corpus(run_cli: Any) -> None:
    assert "The kettle knows the hour best." in run_cli("corpus", "show", "poems").stdout


def test_path_writes_the_path_and_nothing_else(run_cli: Any) -> None:
    outcome = run_cli("corpus", "path", "prose")
    (line,) = outcome.stdout.splitlines()
    assert Path(line).read_text("utf-8").startswith("THE SALT ROAD")
    assert outcome.stderr == ""


def test_fetch_talks_on_stderr_and_writes_the_path_to_stdout(
    run_cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnngen.data import python_text

    monkeypatch.setattr(python_text, "python_code", lambda: "code\n")
    outcome = run_cli("corpus", "fetch", "python-code")
    assert Path(outcome.stdout.strip()).read_text() == "code\n"
    assert "making python-code" in outcome.stderr


@pytest.mark.parametrize("command", ["show", "fetch", "path"])
def test_an_unknown_corpus_is_a_usage_error_with_a_suggestion(run_cli: Any, command: str) -> None:
    outcome = run_cli("corpus", command, "tiny-shakespear")
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "did you mean `tiny-shakespeare`?" in outcome.stderr


def test_list_imports_neither_torch_nor_numpy() -> None:
    program = (
        "import sys; from rnngen.cli import main; main(['corpus', 'list']);"
        "sys.exit(bool({'torch', 'numpy', 'pooch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0
