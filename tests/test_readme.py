"""What the documents tell people to write and type works."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnngen.contracts.errors import ExitCode

ROOT = Path(__file__).parent.parent


def blocks(document: str, language: str) -> list[str]:
    parts = re.split(r"^```", (ROOT / document).read_text("utf-8"), flags=re.MULTILINE)
    fenced = [part.split("\n", 1) for part in parts[1::2]]
    return [content for name, content in fenced if name == language]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin of CONTRIBUTING.md, as `minimal.py` in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "minimal.py"
    path.write_text(blocks("CONTRIBUTING.md", "python")[0], "utf-8")
    yield path
    sys.modules.pop("minimal", None)


def test_the_cell_of_contributing_keeps_the_contract(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(example.parent))
    scope: dict[str, Any] = {}
    exec(blocks("CONTRIBUTING.md", "python")[1], scope)
    scope["test_minimal_keeps_the_contract"]()


def test_the_cell_of_contributing_trains_as_written(example: Path, run_cli: Any) -> None:
    (command,) = (
        line.removeprefix("$ rnngen ").split()
        for block in blocks("CONTRIBUTING.md", "console")
        for line in block.splitlines()
        if line.startswith("$ rnngen ")
    )
    command[command.index("--time") + 1] = "1s"
    outcome = run_cli(*command, "-o", "hidden=8", "--run", "run", "-q")
    assert outcome.exit_code == 0, outcome.stderr
    assert "bias = 0.5" in Path("run/config.toml").read_text("utf-8")
    assert json.loads(Path("run/bundle.json").read_text("utf-8"))


# README.md

SHORTER = {"--time": "1s", "--hidden": "16", "--length": "40", "--epochs": "1", "--seeds": "1"}
"""What the commands of README.md take here instead, so that all of them run in seconds."""


SCHEMA = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}}
GRAMMAR = 'start: sum\nsum: NUMBER | sum "+" NUMBER\nNUMBER: /[0-9]+/\n'


def readme_commands() -> list[str]:
    """Every command line of README.md that calls rnngen, in order, without its prompt."""
    return [
        line.removeprefix("$ ")
        for block in blocks("README.md", "console")
        for line in block.splitlines()
        if line.startswith("$ ") and "rnngen " in line and not line.startswith("$ git")
    ]


def shortened(words: list[str]) -> list[str]:
    return [SHORTER.get(before, word) for before, word in zip(["", *words], words, strict=False)]


def expanded(words: list[str]) -> list[str]:
    """Unquoted patterns, as a shell would; here only `runs/*`."""
    found = []
    for word in words:
        found += sorted(map(str, Path().glob(word))) if word == "runs/*" else [word]
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that README.md speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RNNGEN_MODEL_HIDDEN", "16")
    monkeypatch.setenv("RNNGEN_TRAIN_SAMPLE", "20")
    text = (ROOT / "corpora" / "rnngen_corpora" / "poems.txt").read_text("utf-8")
    (tmp_path / "poems").mkdir()
    for number, poem in enumerate(text.split("\n\n")):
        (tmp_path / "poems" / f"{number}.txt").write_text(poem + "\n", "utf-8")
    for name in ("book.txt", "new.txt", "held_out.txt"):
        (tmp_path / name).write_text(text, "utf-8")
    with gzip.open(tmp_path / "big.txt.gz", "wt", encoding="utf-8") as file:
        file.write(text)
    (tmp_path / "person.json").write_text(json.dumps(SCHEMA), "utf-8")
    (tmp_path / "expr.lark").write_text(GRAMMAR, "utf-8")
    (tmp_path / "rnngen.toml").write_text("[train]\nlanes = 8\n")
    rows = [
        f"{item},2026-{day // 28 + 1:02}-{day % 28 + 1:02},{day % 7 + number},{1 + number}"
        for number, item in enumerate(["tea", "coffee"])
        for day in range(112)
    ]
    rows += [f"{item},2026-04-{day:02},,2" for item in ("tea", "coffee") for day in range(29, 31)]
    rows += [f"{item},2026-05-{day:02},,2" for item in ("tea", "coffee") for day in range(1, 6)]
    (tmp_path / "sales.csv").write_text("\n".join(["item,date,units,price", *rows]) + "\n")
    return tmp_path


def test_the_commands_of_the_readme_run_as_written(folder: Path, run_cli: Any) -> None:
    commands = readme_commands()
    assert len(commands) > 15
    for command in commands:
        if " | " in command:
            shell = command.replace("rnngen", f"{sys.executable} -m rnngen")
            shell = shell.replace("--time 2m", "--time 1s").replace("0.7", "0.7 -l 20") + " -q"
            result = subprocess.run(["bash", "-c", shell], capture_output=True, check=False)
            assert result.returncode == 0, (command, result.stderr)
            continue
        words = expanded(shortened(shlex.split(command)[1:]))
        outcome = run_cli(*words)
        assert outcome.exit_code == 0, (command, outcome.stderr)
        if "--json" in words:
            assert json.loads(outcome.stdout) is not None


def test_the_functions_of_the_readme_run_as_written(folder: Path, capsys: Any) -> None:
    code = blocks("README.md", "python")[0].replace("time=10", "time=1")
    scope: dict[str, Any] = {}
    exec(code, scope)
    assert scope["again"].step == scope["bundle"].step
    assert capsys.readouterr().out


def test_make_demo_runs_what_the_readme_says() -> None:
    recipe = (ROOT / "Makefile").read_text("utf-8").split("demo: $(DEPS)\n")[1].split("\n\n")[0]
    made = [line.strip().removeprefix("$(BIN)/") for line in recipe.splitlines()]
    assert made == readme_commands()[: len(made)]
    assert len(made) == 10


def test_the_exit_codes_of_the_readme_are_those_of_the_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    section = text[text.index("## Exit codes") :].split("\n## ")[0]
    said = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    names = [name for name in vars(ExitCode) if name.isupper()]
    assert said == {getattr(ExitCode, name) for name in names}


def test_every_place_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    section = text[text.index("## What is where") :]
    rooms = re.findall(r"^\| \d+ \| `(\w+)/` \|", section, re.MULTILINE)
    beside = re.findall(r"^\| `([\w./]+)` \|", section, re.MULTILINE)
    plugins = re.findall(r"`(rnngen_\w+)`", section)
    assert len(rooms) == 13
    assert len(plugins) == 7
    assert "CHANGELOG.md" in beside
    for folder, names in (("rnngen", rooms), (".", beside), ("plugins", plugins)):
        for name in names:
            assert (ROOT / folder / name).exists(), name
