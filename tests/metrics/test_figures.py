from __future__ import annotations

import io
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import PluginError, RunError
from rnngen.metrics import curves, figures, text_chart
from rnngen.metrics.curves import Curve, Point


def falling(best: int = 60) -> Curve:
    train = [Point(s, 3.0 - s / 100, s * 64.0, s / 10) for s in range(1, 101)]
    valid = [Point(s, 2.5 + abs(s - best) / 100, s * 64.0, s / 10) for s in range(20, 101, 20)]
    return Curve(train, valid)


def test_rows_of_metrics_become_points_and_what_is_no_number_is_left_out() -> None:
    rows: list[dict[str, Any]] = [
        {"split": "train", "step": 1, "loss": 3, "tokens": 64, "seconds": 0.5},
        {"split": "train", "step": 2, "loss": math.nan},
        {"split": "valid", "step": 2, "loss": 2.5},
        {"split": "valid", "step": 3, "loss": math.inf},
        {"split": "valid", "step": "four", "loss": 1},
        {"split": "other", "step": 5, "loss": 1},
        {"split": "train", "step": 6, "loss": True},
        {"split": "train", "step": 7, "loss": 10**400},
        {},
    ]
    curve = curves.curve(rows)
    assert curve.train == [Point(1.0, 3.0, 64.0, 0.5)]
    assert [(point.step, point.loss) for point in curve.valid] == [(2.0, 2.5)]
    assert curve.tasks == ()


def test_the_best_validation_is_the_lowest_but_none_across_tasks() -> None:
    assert falling().best == Point(60, 2.5, 60 * 64.0, 6.0)
    assert Curve().best is None
    rows = [
        {"split": "valid", "step": step, "loss": loss, "task": task}
        for step, loss, task in [(1, 2.0, "a"), (2, 3.0, "b"), (3, 1.0, "b")]
    ]
    curve = curves.curve(rows)
    assert curve.tasks == [("a", 1.0), ("b", 2.0)]
    assert curve.best is None


def test_the_chart_in_a_terminal_has_axes_with_units_and_marks_the_best() -> None:
    text = text_chart.text_chart(falling(), width=60, height=10)
    lines = text.splitlines()
    assert lines[0] == "nats per token"
    assert lines[1].startswith(" 2.99│")
    assert lines[10].startswith(" 2.00│")
    assert "100 steps" in text
    assert lines[-1] == "⠒⠒ train   ● valid   ◆ best valid 2.5000 at step 60"
    assert text.count("◆") == 2  # in the chart, and in the legend
    assert text.count("●") == 4 + 1
    assert max(len(line) for line in lines) <= 60
    # It falls: the first dots are on top, the last at the bottom.
    assert any(0x2800 <= ord(sign) <= 0x28FF for sign in lines[1][6:10])
    assert 0x2800 <= ord(lines[10][-1]) <= 0x28FF


def test_the_chart_in_a_terminal_without_unicode_is_ascii() -> None:
    text = text_chart.text_chart(falling(), unicode=False)
    assert text.isascii()
    assert "X best valid" in text
    assert ". train" in text


points = st.builds(
    Point,
    st.integers(0, 10**9).map(float),
    st.floats(-1e9, 1e9, allow_nan=False),
)


@settings(max_examples=100, deadline=None)
@given(
    train=st.lists(points, max_size=8),
    valid=st.lists(points, max_size=8),
    width=st.integers(1, 120),
    height=st.integers(4, 30),
    unicode=st.booleans(),
)
def test_any_curve_is_drawn_in_its_width(
    train: list[Point], valid: list[Point], width: int, height: int, unicode: bool
) -> None:
    curve = Curve(train, valid)
    if curve:
        lines = text_chart.text_chart(curve, width, height, unicode=unicode).splitlines()
        assert len(lines) == height + 4
        assert max(len(line) for line in lines[:-2]) <= max(width, 30)


@pytest.mark.parametrize(
    ("encoding", "term", "can"),
    [
        ("utf-8", "xterm", True),
        ("ascii", "xterm", False),
        ("latin-1", "xterm", False),
        ("utf-8", "dumb", False),
        ("utf-8", "linux", False),
    ],
)
def test_unicode_is_drawn_only_where_it_can_be_seen(
    encoding: str, term: str, can: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TERM", term)
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert text_chart.can_draw_unicode(stream) is can


def pixels(path: Path) -> Any:
    from matplotlib.image import imread

    return imread(path)


def test_the_png_says_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {}
    monkeypatch.setattr(
        figures, "save_figure", lambda figure, path: drawn.update({path.name: figure})
    )
    figures.save_curve(falling(), tmp_path / "curve.png", "runs/docs")
    (axes,) = drawn["curve.png"].axes
    assert axes.get_xlabel() == "optimizer steps"
    assert axes.get_ylabel() == "loss (nats per token)"
    assert axes.get_title(loc="left") == "runs/docs"
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert set(lines) == {"train", "valid", "best valid 2.5000 at step 60"}
    # To be told apart without colour.
    assert lines["train"].get_marker() == "None"
    assert lines["valid"].get_marker() == "o"
    assert lines["valid"].get_linewidth() > lines["train"].get_linewidth()
    (bits,) = axes.child_axes
    assert bits.get_ylabel() == "bits per token"


def test_runs_in_one_png_are_told_apart_without_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(figures, "save_figure", lambda figure, path: drawn.append(figure))
    curves = {f"run {number}": falling() for number in range(12)}
    curves["only trained"] = Curve(train=falling().train)
    figures.save_comparison(curves, tmp_path / "compare.png")
    left, right = drawn[0].axes
    assert (left.get_xlabel(), right.get_xlabel()) == ("tokens read", "seconds of training")
    looks = {(line.get_linestyle(), line.get_marker()) for line in left.get_lines()}
    assert len(looks) == 13
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels == [*list(curves)[:-1], "only trained (train)"]


def test_the_png_is_a_picture_with_something_on_it(tmp_path: Path) -> None:
    path = tmp_path / "deep/curve.png"
    figures.save_curve(falling(), path, "a title")
    shape = pixels(path).shape
    assert shape[0] > 300
    assert shape[1] > 600
    assert float(pixels(path)[..., :3].std()) > 0.05
    assert [file.name for file in path.parent.iterdir()] == ["curve.png"]


def test_one_point_is_enough_for_a_picture(tmp_path: Path) -> None:
    figures.save_curve(Curve(train=[Point(1, 2.0)]), tmp_path / "one.png", "one")
    figures.save_comparison({"one": Curve(valid=[Point(0, 2.0)])}, tmp_path / "two.png")
    assert pixels(tmp_path / "one.png").size
    assert pixels(tmp_path / "two.png").size


def test_missing_matplotlib_is_said_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PluginError, match="matplotlib") as caught:
        figures.save_curve(falling(), tmp_path / "curve.png", "x")
    assert "rnngen[plots]" in str(caught.value.hint)


def test_a_picture_that_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="can't be written"):
        figures.save_curve(falling(), tmp_path / "file/curve.png", "x")
