"""`rnngen generate --decoder constrained`: what is written, explained and refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import rnngen
from tests import small_bundle
from tests.conftest import RunCli

TEXT = 'the moon sings. (a river) hears "the moon".\na moon! the river sings.\n' * 30


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return small_bundle.train(Path("runs/one"))


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose training text can be read again."""
    folder = tmp_path_factory.mktemp("learned")
    (folder / "text.txt").write_text(TEXT, "utf-8")
    path = folder / "run"
    rnngen.fit(str(folder / "text.txt"), run=path, hidden=8, steps=3)
    return path


def test_what_is_written_matches_and_what_it_is_worth_is_told(run: Path, run_cli: RunCli) -> None:
    done = run_cli(
        "generate", run, "--decoder", "constrained", "-o", "regex=(ab|c)+", "-n", 5, "-l", 8
    )
    assert done.exit_code == 0
    texts = done.stdout.strip().split("\n---\n")
    assert len(texts) == 5
    assert all(re.fullmatch("(ab|c)+", text) and len(text) <= 8 for text in texts)
    assert "log P(constraint) is about" in done.stderr
    assert "distorted" in done.stderr


def test_without_a_constraint_a_text_has_known_words_and_whole_sentences(
    learned: Path, run_cli: RunCli
) -> None:
    done = run_cli("generate", learned, "--decoder", "constrained", "-n", 5, "-l", 30, "--json")
    assert "standard rule: only the" in done.stderr
    for row in json.loads(done.stdout):
        text = row["text"]
        assert set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", TEXT))
        assert re.search(r"[.!][\s)\"]*$", text)
        assert text.count("(") == text.count(")")
        assert text.count('"') % 2 == 0


def test_without_the_training_text_it_says_so(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "--decoder", "constrained", "-l", 9)
    assert done.exit_code == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_when_the_training_text_is_gone_it_says_so(learned: Path, run_cli: RunCli) -> None:
    text = learned.parent / "text.txt"
    text.rename(text.with_suffix(".gone"))
    try:
        done = run_cli("generate", learned, "--decoder", "constrained", "-l", 30)
    finally:
        text.with_suffix(".gone").rename(text)
    assert done.exit_code == 0, done.stderr
    assert "any words, as the training text can't be read again" in done.stderr
    assert re.search(r"[.!][\s)\"]*$", done.stdout)


def test_explanations_are_text_on_stderr_and_json_on_stdout(run: Path, run_cli: RunCli) -> None:
    command = ("generate", run, "--decoder", "constrained", "-o", "regex=c{3}(ab)*", "-l", 7)
    done = run_cli(*command, "--explain")
    assert re.search(
        r"step \d+: .* instead of .*%.*`regex=c\{3\}\(ab\)\*` does not allow", done.stderr
    )
    assert "shortest valid ending" in done.stderr
    (row,) = json.loads(run_cli(*command, "--explain", "--json").stdout)
    for one in row["forbidden"]:
        assert re.fullmatch("c{3}(ab)*", row["text"][: one["place"]] + one["ending"])
        assert 0 < one["probability"] <= one["cost"] <= 1
        assert one["kind"] in ("rule", "length", "jointly")
    (row,) = json.loads(run_cli(*command, "--json").stdout)
    assert "forbidden" not in row


@pytest.mark.parametrize(
    ("options", "length", "message"),
    [
        (["regex=a(b"], 9, "regex: missing \\), unterminated subpattern at 1: "),
        (["regex=a^b"], 9, "nothing satisfies `regex=a\\^b`"),
        (["regex=xyz"], 9, "never seen the characters `x`, `y`, `z`"),
        (["regex=(abc){3}"], 8, "has 9 tokens; the length is 8"),
        (["regex=a*", "must_include=b,c"], 9, "`regex=a\\*` and `must_include=b,c` together"),
        (["rule=nothing"], 9, "no constraint"),
        (["rules=missing.toml"], 9, "`missing.toml` can't be read"),
        (["length=5"], 9, "no option named `length`"),
        (["sampling=exact", "base=beam", "regex=a"], 9, "`sampling=exact` draws"),
    ],
)
def test_bad_input_is_an_error_with_a_reason_before_anything_is_written(
    run: Path, run_cli: RunCli, options: list[str], length: int, message: str
) -> None:
    assigned = [part for option in options for part in ("-o", option)]
    done = run_cli("generate", run, "--decoder", "constrained", "-l", length, *assigned)
    assert done.exit_code in (2, 3)
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--stop=a", "--documents=3"])
def test_what_would_cut_it_off_is_refused(run: Path, run_cli: RunCli, option: str) -> None:
    done = run_cli("generate", run, "--decoder", "constrained", "-o", "regex=a+", option)
    assert done.exit_code == 2
    assert option.split("=")[0] in done.stderr


def test_explain_goes_with_a_decoder_that_can(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "--explain")
    assert done.exit_code == 2
    assert "`--decoder constrained`" in done.stderr


def test_constraints_come_from_a_file_as_well(run: Path, run_cli: RunCli) -> None:
    Path("rules.toml").write_text(
        'regex = ["[ab]*c", "a.*"]\nmust_include = ["bb", "ab"]\nlength = "..6"\n', "utf-8"
    )
    command = ("generate", run, "--decoder", "constrained", "-o", "rules=rules.toml", "-n", 9)
    done = run_cli(*command, "--json")
    assert done.exit_code == 0, done.stderr
    for row in json.loads(done.stdout):
        text = row["text"]
        assert re.fullmatch("a[ab]*c", text)
        assert "abb" in text
        assert len(text) <= 6


@pytest.mark.parametrize(
    "content", ["regex = 3.5.1", "regex = true", "regex = [true]", "words = []"]
)
def test_a_bad_file_of_rules_is_an_error(run: Path, run_cli: RunCli, content: str) -> None:
    Path("rules.toml").write_text(content, "utf-8")
    done = run_cli("generate", run, "--decoder", "constrained", "-o", "rules=rules.toml")
    assert done.exit_code == 2, done.stderr
    assert "Traceback" not in done.stderr


PLUGIN = """
import rnngen

class NoDouble:
    def start(self):
        return ""
    def step(self, state, token):
        return {step}
    def accept(self, state):
        return state != ""

@rnngen.hookimpl
def register_constraints(register):
    register("no-double", NoDouble, summary="no character twice in a row")
"""


def test_a_rule_of_a_plugin_is_kept(run: Path, run_cli: RunCli) -> None:
    Path("mine.py").write_text(PLUGIN.format(step="None if token == state else token"), "utf-8")
    command = ("--plugin-path", "mine.py", "generate", run, "--decoder", "constrained")
    done = run_cli(
        *command, "-o", "rule=no-double", "-o", "min_length=5", "-l", 9, "-n", 5, "--json"
    )
    assert done.exit_code == 0, done.stderr
    for row in json.loads(done.stdout):
        assert 5 <= len(row["text"]) <= 9
        assert not re.search(r"(.)\1", row["text"])


def test_a_rule_that_returns_nonsense_is_named(run: Path, run_cli: RunCli) -> None:
    Path("bad_rule.py").write_text(PLUGIN.format(step="[token]"), "utf-8")
    command = ("--plugin-path", "bad_rule.py", "generate", run, "--decoder", "constrained")
    done = run_cli(*command, "-o", "rule=no-double")
    assert done.exit_code == 3
    assert "rule `no-double`" in done.stderr
    assert "a state that can be hashed" in done.stderr
