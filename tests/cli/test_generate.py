"""`rnngen generate`: what goes to stdout, and what is refused."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rnngen.verbs.generate import generate
from tests import small_bundle
from tests.conftest import RunCli
from tests.verbs.test_generate import described


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run below `runs/` of the working folder."""
    monkeypatch.chdir(tmp_path)
    return small_bundle.train(Path("runs/one"))


def test_prompt_and_text_go_to_stdout_and_end_with_a_line_end(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "ab", "--length", 20)
    assert done.exit_code == 0
    assert done.stdout == "ab" + generate(run, "ab", length=20)[0].text + "\n"
    assert done.stderr == ""


def test_without_a_run_the_newest_is_taken_and_named(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", "--prompt", "ab", "-l", 5)
    assert done.exit_code == 0
    assert done.stdout.startswith("ab")
    assert "runs/one" in done.stderr
    assert run_cli("-q", "generate", "--prompt", "ab", "-l", 5).stderr == ""


def test_several_stand_between_separator_lines(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "ab", "-l", 9, "-n", 3, "--seed", 4)
    texts = ["ab" + one.text for one in generate(run, "ab", length=9, count=3, seed=4)]
    assert done.stdout == "\n---\n".join(texts) + "\n"
    best = run_cli("generate", run, "-l", 9, "--decoder", "beam", "-o", "n_best=2")
    texts = [one.text for one in generate(run, length=9, decoder="beam", options=["n_best=2"])]
    assert best.stdout == "\n---\n".join(texts) + "\n"


def test_documents_that_are_lines_are_written_as_lines(tmp_path: Path, run_cli: RunCli) -> None:
    source = described(tmp_path / "names", small_bundle.codec(), {"documents": "line"})
    done = run_cli("generate", source.path, "-n", 6, "-l", 30)
    texts = [one.text for one in generate(source, count=6, length=30)]
    assert done.stdout == "".join(f"{text}\n" for text in texts)


def test_json_holds_every_token_with_its_log_probability(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "ab", "-l", 7, "-n", 2, "--json")
    rows = json.loads(done.stdout)
    for row, one in zip(rows, generate(run, "ab", length=7, count=2), strict=True):
        assert row["prompt"] == "ab"
        assert row["text"] == one.text
        assert row["end"] == "length"
        assert row["log_probability"] == pytest.approx(one.log_probability)
        assert [part["token"] for part in row["tokens"]] == one.tokens
        logs = [part["log_probability"] for part in row["tokens"]]
        assert logs == pytest.approx(one.log_probabilities)


def test_the_prompt_is_an_argument_an_option_a_file_or_stdin(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run_cli("generate", run, "ab c", "-l", 5).stdout
    Path("prompt.txt").write_text("ab c\n")
    stdin = io.TextIOWrapper(io.BytesIO(b"ab c\r\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    for arguments in (
        ("--prompt", "ab c"),
        ("--prompt-file", "prompt.txt"),
        ("--prompt-file", "-"),
    ):
        assert run_cli("generate", run, "-l", 5, *arguments).stdout == expected
    done = run_cli("generate", run, "ab", "--prompt", "ab")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "several prompts" in done.stderr


def test_out_writes_a_file_and_says_so(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "ab", "-l", 9, "-n", 2, "--out", "text.txt")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "text.txt" in done.stderr
    texts = ["ab" + one.text for one in generate(run, "ab", length=9, count=2)]
    assert Path("text.txt").read_text() == "\n---\n".join(texts) + "\n"
    assert run_cli("generate", run, "ab", "-l", 9, "-n", 2).stdout == Path("text.txt").read_text()
    run_cli("generate", run, "ab", "-l", 9, "--json", "--out", "text.json")
    assert json.loads(Path("text.json").read_text())[0]["prompt"] == "ab"
    for format in ([], ["--json"]):
        done = run_cli("generate", run, "-l", 9, *format, "--out", "nowhere/text")
        assert done.exit_code == 2
        assert "there is no folder `nowhere` to write `text` to" in done.stderr


def test_stop_texts_may_hold_escapes(run: Path, run_cli: RunCli) -> None:
    free = generate(run, length=99, seed=2, documents=0)[0].text
    assert "\n" in free
    done = run_cli("generate", run, "-l", 99, "--seed", 2, "--documents", 0, "--stop", r"\n")
    assert done.stdout == free.split("\n")[0] + "\n"


def test_options_come_from_flags_environment_and_file(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = run_cli("generate", run, "-l", 30, "--decoder", "greedy").stdout
    other = run_cli("generate", run, "-l", 30).stdout
    assert greedy != other
    assert run_cli("generate", run, "-l", 30, "-o", "temperature=0").stdout == greedy
    monkeypatch.setenv("RNNGEN_SAMPLE_TEMPERATURE", "0")
    assert run_cli("generate", run, "-l", 30).stdout == greedy
    assert run_cli("generate", run, "-l", 30, "-o", "temperature=1").stdout == other
    monkeypatch.delenv("RNNGEN_SAMPLE_TEMPERATURE")
    monkeypatch.setenv("RNNGEN_SEED", "5")
    seeded = run_cli("generate", run, "-l", 30).stdout
    assert seeded == generate(run, length=30, seed=5)[0].text + "\n"
    monkeypatch.delenv("RNNGEN_SEED")
    Path("rnngen.toml").write_text('[sample]\ntemperature = 0\n[generate]\nrun = "runs/one"\n')
    assert run_cli("generate", "-l", 30).stdout == greedy
    Path("mine.toml").write_text('[generate]\ndecoder = "greedy"\n')
    assert run_cli("generate", run, "-l", 30, "--config", "mine.toml").stdout == greedy


CASES: list[tuple[tuple[Any, ...], int, str]] = [
    (("generate", "Once upon a time"), 2, '--prompt "Once upon a time"'),
    (("generate", "runs/tow"), 2, "there is no run `runs/tow`"),
    (("generate", "runs/one", "xyz"), 1, "`x`, `y`, `z`"),
    (("generate", "runs/one", "--decoder", "beem"), 2, "did you mean `beam`"),
    (("generate", "runs/one", "-o", "temprature=1"), 2, "did you mean `sample.temperature`"),
    (("generate", "runs/one", "-o", "temperature=-1"), 2, "temperature"),
    (("generate", "runs/one", "--length", "0"), 2, "--length"),
    (("generate", "runs/one", "--seed", "-1"), 2, "--seed"),
    (("generate", "runs/one", "--stop", ""), 2, "stop text is empty"),
    (("generate", "runs/one", "--prompt-file", "nothing.txt"), 2, "nothing.txt"),
    (("generate", "runs/one", "--device", "abacus"), 2, "abacus"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), CASES, ids=[str(c[0][1:]) for c in CASES])
def test_mistakes_are_told_and_leave_stdout_empty(
    run: Path, run_cli: RunCli, arguments: tuple[Any, ...], code: int, says: str
) -> None:
    done = run_cli(*arguments)
    assert done.exit_code == code
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_prompt_that_is_not_utf_8_is_told(run: Path, run_cli: RunCli) -> None:
    Path("latin.txt").write_bytes("ä".encode("latin-1"))
    done = run_cli("generate", run, "--prompt-file", "latin.txt")
    assert done.exit_code == 1
    assert "byte 0xe4 at offset 0" in done.stderr
