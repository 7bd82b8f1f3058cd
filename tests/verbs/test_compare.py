from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rnngen.cli import compare_table
from rnngen.contracts.errors import UsageError
from rnngen.verbs import compare
from tests import small_bundle


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("compare") / "runs"
    small_bundle.train(root / "a", "gru", rate=0.01)
    small_bundle.train(root / "b", "lstm", rate=0.02, seed=1)
    small_bundle.train(root / "other-data", "gru", data="beef")
    return root


def test_only_options_that_differ_are_shown(trained: Path) -> None:
    result = compare.compare([trained / "a", trained / "b"], draw=False)
    assert result.differing == {
        "model.cell": ["gru", "lstm"],
        "train.learning_rate": [0.01, 0.02],
        "train.seed": [0, 1],
    }


def test_an_option_that_one_run_does_not_have_differs(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "a", tmp_path / "c")
    config = tmp_path / "c/config.toml"
    config.write_text(config.read_text() + "[ewc]\nstrength = inf\nsince = 2026-01-01\n")
    result = compare.compare([trained / "a", tmp_path / "c"], draw=False)
    assert result.differing == {"ewc.strength": [None, "inf"], "ewc.since": [None, "2026-01-01"]}


def test_metrics_stand_side_by_side_and_the_best_is_marked(trained: Path) -> None:
    result = compare.compare([trained / "a", trained / "b"], draw=False)
    first, second = result.runs
    assert (first.parameters, second.parameters) == (523, 679)
    assert (first.steps, first.tokens, first.seconds) == (100, 6400, 2.0)
    assert first.tokens_per_second == 3200
    assert first.best_valid == pytest.approx(1.6)
    assert second.best_valid == pytest.approx(1.1)
    assert result.best is second
    rows = {row[0]: row[1:] for row in compare_table.as_rows(result)}
    assert rows[""] == ["a", "b"]
    assert rows["best valid (nats/token)"] == ["1.6000", "1.1000 best"]
    assert rows["parameters"] == ["523", "679"]


def test_losses_on_different_data_are_not_compared(trained: Path) -> None:
    result = compare.compare([trained / "a", trained / "other-data"], draw=False)
    assert any("different data" in warning for warning in result.warnings)
    assert result.best is None


def test_losses_over_different_tokens_are_not_compared(trained: Path, tmp_path: Path) -> None:
    small_bundle.save(tmp_path / "words", characters="wxyz")
    result = compare.compare([trained / "a", tmp_path / "words"], draw=False)
    assert any("different tokens" in warning for warning in result.warnings)
    assert result.best is None


def test_what_can_not_be_read_is_named_and_does_not_stop_the_rest(
    trained: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(trained / "a", broken)
    (broken / "bundle.json").write_text("{")
    empty = tmp_path / "empty"
    empty.mkdir()
    result = compare.compare([broken, trained / "a", empty, tmp_path / "nowhere"], draw=False)
    assert [run.name for run in result.runs] == ["a"]
    assert "is not JSON" in result.unreadable[str(broken)]
    assert "is not a run" in result.unreadable[str(empty)]
    assert "does not exist" in result.unreadable[str(tmp_path / "nowhere")]


def test_nothing_to_compare_is_a_usage_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        compare.compare([tmp_path / "nowhere"])


def test_without_paths_all_runs_are_compared(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained.parent)
    assert [run.name for run in compare.compare(draw=False).runs] == ["a", "b", "other-data"]


def test_the_same_run_named_twice_is_one_and_equal_names_are_told_apart(
    trained: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained / "a", tmp_path / "a")
    result = compare.compare([trained / "a", f"{trained}/b/../a", tmp_path / "a"], draw=False)
    assert len(result.runs) == 2
    assert len({run.name for run in result.runs}) == 2


def test_the_curves_are_drawn_beside_the_runs_or_where_asked(trained: Path, tmp_path: Path) -> None:
    result = compare.compare([trained / "a", trained / "b"])
    assert result.picture == trained / "compare.png"
    assert result.picture.read_bytes().startswith(b"\x89PNG")
    result.picture.unlink()
    result = compare.compare([trained / "a"], out=tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert not (trained / "compare.png").exists()
