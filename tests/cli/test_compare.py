from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import small_bundle


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_bundle.train(Path("runs/a"), "gru")
    small_bundle.train(Path("runs/b"), "lstm", rate=0.02)
    return tmp_path / "runs"


def test_compare_writes_a_table_and_a_picture(runs: Path, run_cli: Any) -> None:
    result = run_cli("compare", "runs/a", "runs/b")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["a", "b"]
    assert ["model.cell", "gru", "lstm"] in lines
    assert ["best", "valid", "(nats/token)", "1.6000", "1.1000", "best"] in lines
    assert result.stderr == "learning curves drawn in runs/compare.png\n"
    # Once more, as `runs/*` of the shell would say it: the picture is no run.
    again = run_cli("compare", "runs/a", "runs/b", "runs/compare.png")
    assert again.stdout == result.stdout
    assert again.stderr == result.stderr


def test_compare_as_json(runs: Path, run_cli: Any) -> None:
    result = run_cli("compare", "--json", "--out", "x.png")
    document = json.loads(result.stdout)
    assert document["differing"]["model.cell"] == ["gru", "lstm"]
    assert [run["best_valid"] for run in document["runs"]] == pytest.approx([1.6, 1.1])
    assert document["runs"][0]["data"] == "f00d"
    assert document["best"] == "b"
    assert document["picture"] == "x.png"
    assert Path("x.png").exists()


def test_compare_warns_and_goes_on(runs: Path, run_cli: Any) -> None:
    (runs / "broken").mkdir()
    small_bundle.train(runs / "other", "rnn", data="beef")
    result = run_cli("compare", "runs/a", "runs/broken", "runs/other")
    assert result.exit_code == 0
    assert "warning: runs/broken is left out: `runs/broken` is not a run" in result.stderr
    assert "different data" in result.stderr
    assert "best\n" not in result.stdout


def test_many_runs_are_lines_of_the_table(runs: Path, run_cli: Any) -> None:
    for name in ("c", "d", "e"):
        small_bundle.train(runs / name, "rnn")
    lines = run_cli("compare").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["a", "b", "c", "d", "e"]


def test_compare_without_runs_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_cli("compare")
    assert result.exit_code == 2
    assert "there is no run to compare" in result.stderr


def test_compare_without_matplotlib_still_compares(
    runs: Path, run_cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run_cli("compare")
    assert result.exit_code == 0
    assert "model.cell" in result.stdout
    assert "rnngen[plots]" in result.stderr
    assert run_cli("compare", "--out", "x.png").exit_code == 3


def test_a_picture_that_can_not_be_written_is_an_error_only_where_it_was_asked_for(
    runs: Path, run_cli: Any
) -> None:
    (runs / "compare.png").mkdir()
    done = run_cli("compare")
    assert done.exit_code == 0
    assert "model.cell" in done.stdout
    assert "warning: `runs/compare.png` can't be written" in done.stderr
    (runs / "file").touch()
    asked = run_cli("compare", "--out", "runs/file/x.png")
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert "`runs/file/x.png` can't be written" in asked.stderr
    other = run_cli("compare", "--out", "curves.svg")
    assert (other.exit_code, other.stdout) == (2, "")
    assert "hint: write `--out curves.png`" in other.stderr


def test_runs_that_ended_early_or_are_of_another_kind_stand_beside_the_rest(
    runs: Path, run_cli: Any
) -> None:
    early = small_bundle.train(runs / "early", "rnn")
    for name in ("bundle.json", "metrics.jsonl"):
        (early / name).unlink()
    (runs / "empty").mkdir()
    huge = small_bundle.train(runs / "huge", "rnn")
    rows = [json.loads(line) for line in (huge / "metrics.jsonl").read_text().splitlines()]
    rows[-1]["loss"] = 1e300
    (huge / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run_cli("compare", "runs/a", "runs/early", "runs/empty", "runs/huge")
    assert done.exit_code == 0
    assert "warning: runs/empty is left out: `runs/empty` is not a run" in done.stderr
    assert "1.0000e+300" in done.stdout
    best = next(line for line in done.stdout.splitlines() if line.startswith("best valid"))
    # A run without metrics has none; of one that exploded, the best is from before.
    assert best.split()[3:5] == ["1.6000", "-"]


@pytest.mark.parametrize("columns", ["20", "40", "80"])
def test_no_number_is_cut_on_a_narrow_terminal(
    runs: Path, run_cli: Any, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    from rnngen.cli.ui import Ui

    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(Ui, "is_rich", lambda self, stream: False)
    small_bundle.train(runs / "a-run-with-a-rather-long-name", "rnn")
    done = run_cli("compare")
    assert done.stdout.count("6,400") == 3
    assert {"1.6000", "1.1000"} <= set(done.stdout.split())
    page = run_cli("show", "runs/a").stdout
    assert {"1.6000", "1.5000", "(2.3083"} <= set(page.split())
