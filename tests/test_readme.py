"""What the documents tell people to write and type works."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


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
