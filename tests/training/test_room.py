"""A model that can't fit into memory is refused before anything of it is allocated."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen.training import room
from tests.conftest import RunCli


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available", lambda: 2 * 10**9)


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        (["--hidden", 65536], "17,"),
        (["--hidden", 65536, "--layers", 64], "2,181,"),
        (["--hidden", 8192, "-o", "model.embedding=65536"], "2,416,"),
        (["--hidden", 65536, "--cell", "gru", "-o", "model.tied=true"], "25,7"),
    ],
    ids=str,
)
def test_options_that_ask_for_too_much_are_refused_with_their_sizes(
    little: None, small: list[str], run_cli: RunCli, options: list[object], weights: str
) -> None:
    done = run_cli("fit", small[0], *options, "--steps", 1, "--run", "runs/none")
    assert done.exit_code == 2
    assert f"with {weights}" in done.stderr
    assert "2.0 GB is free" in done.stderr
    assert "--hidden" in done.stderr
    assert not Path("runs/none").exists()


def test_a_batch_counts_too_and_the_text_bounds_it(
    little: None, tmp_path: Path, run_cli: RunCli
) -> None:
    text = tmp_path / "long.txt"
    text.write_text("abc " * 200_000)
    large = ["-o", "train.lanes=700", "-o", "train.chunk=1000"]
    done = run_cli("fit", text, "--hidden", 1024, *large, "--dry-run", "-o", "text.valid=0")
    assert done.exit_code == 2
    assert "a batch of " in done.stderr
    assert "steps needs at least" in done.stderr
    small = tmp_path / "short.txt"
    small.write_text("abc " * 200)
    huge = ["-o", "train.lanes=65536", "-o", "train.chunk=65536"]
    assert run_cli("fit", small, "--hidden", 512, *huge, "--dry-run").exit_code == 0


def test_counting_draws_no_random_numbers(small: list[str], monkeypatch, run_cli: RunCli) -> None:
    shown = run_cli("fit", small[0], "--hidden", 64, "--dry-run", "--json").stdout
    monkeypatch.setattr(room, "SMALL", 0)
    assert run_cli("fit", small[0], "--hidden", 64, "--dry-run", "--json").stdout == shown
