"""Texts as people have them: marks, other encodings, links that lead nowhere, unseen characters."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from rnngen.contracts.errors import ExitCode
from tests.conftest import RunCli

TEXT = "the tower stands. the river runs.\n" * 30


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import rnngen

    folder = tmp_path_factory.mktemp("input")
    (folder / "text.txt").write_text(TEXT)
    for name, tokens in (("run", "char"), ("words", "word:20")):
        options = [f"text.tokens={tokens}", "train.sample=0"]
        rnngen.fit(str(folder / "text.txt"), run=folder / name, hidden=4, steps=1, options=options)
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return made / "run"


def test_a_byte_order_mark_is_no_part_of_a_prompt(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("prompt").write_bytes(b"\xef\xbb\xbfthe \r\n")
    plain = run_cli("generate", run, "the ", "-l", 9)
    assert run_cli("generate", run, "--prompt-file", "prompt", "-l", 9) == plain
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfthe \n")))
    assert run_cli("generate", run, "--prompt-file", "-", "-l", 9) == plain


@pytest.mark.parametrize("content", ["[train]\nseed = 4\n", "[train]\r\nseed = 4\r\n"])
def test_a_byte_order_mark_is_no_part_of_a_configuration(
    run: Path, run_cli: RunCli, content: str
) -> None:
    Path("rnngen.toml").write_bytes(b"\xef\xbb\xbf" + content.encode())
    done = run_cli("config")
    assert done.exit_code == 0, done.stderr
    assert "seed = 4" in done.stdout


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("[train]\n".encode("utf-16"), "iconv -f UTF-16 -t UTF-8"),
        ("# the author’s\n".encode("cp1252"), "iconv -f CP1252 -t UTF-8"),
        ("# été\n".encode("latin-1"), "iconv -f LATIN1 -t UTF-8"),
    ],
)
def test_other_encodings_are_named_wherever_text_is_read(
    run: Path, run_cli: RunCli, data: bytes, hint: str
) -> None:
    Path("file").write_bytes(data)
    for command in (
        ["fit", "file", "--dry-run"],
        ["evaluate", run, "file"],
        ["fit", "--config", "file"],
        ["generate", run, "--prompt-file", "file"],
    ):
        done = run_cli(*command)
        assert done.exit_code in (ExitCode.FAILED, ExitCode.USAGE), command
        assert hint in done.stderr, command


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "link"],
        ["fit", "--valid", "link", "text"],
        ["fit", "text", "--config", "link"],
        ["fit", "text", "--from", "link"],
        ["evaluate", "RUN", "link"],
        ["evaluate", "link"],
        ["generate", "link"],
        ["generate", "RUN", "--prompt-file", "link"],
        ["generate", "RUN", "--primer", "link"],
        ["generate", "RUN", "--decoder", "constrained", "-o", "grammar=link"],
        ["chat", "link"],
        ["show", "link"],
        ["export", "link", "--out", "x"],
    ],
    ids=" ".join,
)
def test_a_link_that_leads_nowhere_is_called_one(
    run: Path, run_cli: RunCli, command: list[str]
) -> None:
    Path("text").write_text(TEXT)
    Path("link").symlink_to("nosuch")
    done = run_cli(*[run if part == "RUN" else part for part in command])
    assert done.exit_code in (ExitCode.FAILED, ExitCode.USAGE)
    assert "a link" in done.stderr
    assert "did you mean `link`" not in done.stderr


def test_a_home_folder_that_is_unknown_is_a_usage_error(run: Path, run_cli: RunCli) -> None:
    done = run_cli("fit", "~nobody-here/x.txt")
    assert done.exit_code == ExitCode.USAGE
    assert "`~nobody-here`, which is unknown" in done.stderr


@pytest.mark.parametrize(
    ("unseen", "said", "characters"),
    [
        ("skip", "skipped 3 characters that the model has never seen: `É` (2), `Z` (1)", 37),
        ("replace", "replaced 3 characters", 40),
    ],
)
def test_unseen_characters_are_read_as_asked_and_counted_once(
    run: Path, run_cli: RunCli, unseen: str, said: str, characters: int
) -> None:
    Path("other").write_text("ÉÉZ" + "the river runs " * 2 + "the run")
    refused = run_cli("evaluate", run, "other", "--sample", 0)
    assert refused.exit_code == ExitCode.FAILED
    assert "text.unseen=" in refused.stderr
    for _ in range(2):  # the second time from the cache
        done = run_cli("evaluate", run, "other", "--sample", 0, "--json", "-o", f"unseen={unseen}")
        assert done.exit_code == 0, done.stderr
        assert done.stderr.count(said) == 1
        assert json.loads(done.stdout)["characters"] == characters
    prompt = run_cli("generate", run, "ÉÉZthe", "-l", 3, "-o", f"text.unseen={unseen}")
    assert prompt.exit_code == 0, prompt.stderr
    assert prompt.stderr.count(said) == 1


def test_what_is_said_in_a_chat_may_have_unseen_characters(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("the Z\n"))
    places = ["--you", "the ", "--other", "the ", "-l", 5]
    refused = run_cli("chat", run, *places)
    assert refused.exit_code == ExitCode.FAILED
    monkeypatch.setattr("sys.stdin", io.StringIO("the Z\n"))
    done = run_cli("chat", run, *places, "-o", "unseen=skip")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("skipped 1 character that the model has never seen: `Z` (1)") == 1


def test_a_model_that_learns_on_with_unseen_skipped_keeps_its_vocabulary(
    run: Path, run_cli: RunCli
) -> None:
    Path("new").write_text(TEXT + "Zebra. " * 10)
    command = ["fit", "new", "--from", run, "--steps", 1, "-o", "train.sample=0"]
    grown = run_cli(*command, "--run", "grown")
    assert "the vocabulary grows" in grown.stderr
    kept = run_cli(*command, "--run", "kept", "-o", "text.unseen=skip")
    assert kept.exit_code == 0, kept.stderr
    assert "the vocabulary grows" not in kept.stderr
    assert "skipped 20 characters that the model has never seen" in kept.stderr


@pytest.mark.parametrize(
    "content",
    [
        "t",
        "the",
        "\n",
        " ",
        "a" * 60,
        "tower" * 12,
        "never-met vocabulary",
        "\n\n\n",
        "\r\n\r\n",
        "",
    ],
)
@pytest.mark.parametrize("model", ["run", "words"])
@pytest.mark.parametrize("documents", [(), ("--json",)])
def test_the_shortest_texts_are_measured_or_refused(
    run: Path, run_cli: RunCli, content: str, model: str, documents: tuple[str, ...]
) -> None:
    Path("short").write_text(content)
    done = run_cli(
        "evaluate", run.parent / model, "short", "--sample", 9, "-o", "unseen=replace", *documents
    )
    assert done.exit_code in (ExitCode.OK, ExitCode.FAILED, ExitCode.USAGE), done.stderr
    assert "Traceback" not in done.stderr
    if done.exit_code == ExitCode.OK and documents:
        assert json.loads(done.stdout)["tokens"] >= 1
    if done.exit_code:
        assert "`short`" in done.stderr
