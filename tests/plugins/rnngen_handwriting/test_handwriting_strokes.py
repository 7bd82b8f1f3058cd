"""Stroke-3, stroke-5 and lines are the same drawing; cleaning keeps its promises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from rnngen_handwriting import clean, strokes

coordinate = st.integers(-50, 50).map(float)
point = st.tuples(coordinate, coordinate)


@st.composite
def drawings(draw: st.DrawFn, least: int = 1) -> list[np.ndarray]:
    """Lines with two points or more in all."""
    lines = draw(st.lists(st.lists(point, min_size=least, max_size=6), min_size=1, max_size=4))
    if sum(map(len, lines)) < 2:
        lines[0] = [*lines[0], (1.0, 2.0)]
    return [np.array(line) for line in lines]


def _same(one: list[np.ndarray], two: list[np.ndarray]) -> bool:
    """Whether two drawings are the same but for where they lie."""
    return [len(line) for line in one] == [len(line) for line in two] and all(
        np.allclose(a - one[0][0], b - two[0][0], atol=1e-3) for a, b in zip(one, two, strict=True)
    )


@settings(max_examples=100, deadline=None)
@given(drawings(least=2))
def test_lines_come_back_from_stroke_5_and_from_stroke_3(lines: list[np.ndarray]) -> None:
    steps = strokes.from_lines(lines)
    assert _same(strokes.to_lines(steps), lines)
    assert _same(strokes.from_stroke3(strokes.to_stroke3(steps)), lines)
    file = np.concatenate([[[3.0, 4.0, 1.0, 0.0, 0.0]], steps, [strokes.END]])
    assert _same(strokes.from_stroke5(file), lines)


@settings(max_examples=50, deadline=None)
@given(drawings())
def test_every_step_has_one_state_and_a_lifted_pen_at_the_end(lines: list[np.ndarray]) -> None:
    steps = strokes.from_lines(lines)
    assert (steps[:, 2:].sum(1) == 1).all()
    assert steps[-1, 3] == 1
    assert int(steps[:, 3].sum()) == len(lines)


@settings(max_examples=50, deadline=None)
@given(drawings())
def test_lines_with_single_points_keep_all_their_places(lines: list[np.ndarray]) -> None:
    found = strokes.to_lines(strokes.from_lines(lines))
    assert len(found) == len(lines)
    for a, b in zip(found, lines, strict=True):
        assert np.allclose(a[-1] - found[0][0], b[-1] - lines[0][0], atol=1e-3)


def test_what_stands_after_an_end_is_no_part_of_the_drawing() -> None:
    steps = strokes.from_lines([np.array([(0.0, 0), (1, 1), (2, 0)])])
    longer = np.concatenate([steps, [strokes.END], steps])
    assert _same(strokes.to_lines(longer), strokes.to_lines(steps))


def _distance(point: np.ndarray, line: np.ndarray) -> float:
    """Of a point to a line of segments, segment by segment, without the code under test."""
    best = np.inf
    for a, b in pairwise(line):
        along = np.linspace(0, 1, 2001)[:, None]
        best = min(best, float(np.hypot(*(a + (b - a) * along - point).T).min()))
    return best


@settings(max_examples=30, deadline=None)
@given(st.lists(point, min_size=2, max_size=10), st.floats(0.1, 20))
def test_no_point_is_further_from_the_simplified_line_than_the_tolerance(
    points: list[tuple[float, float]], tolerance: float
) -> None:
    line = np.array(points)
    short = clean.simplify(line, tolerance)
    assert (short[0] == line[0]).all()
    assert (short[-1] == line[-1]).all()
    assert {tuple(p) for p in short} <= {tuple(p) for p in line}
    assert all(_distance(p, short) <= tolerance + 0.05 for p in line)


def test_a_straight_line_is_simplified_to_its_ends() -> None:
    line = np.column_stack([np.arange(100.0), 2 * np.arange(100.0)])
    assert len(clean.simplify(line, 0.01)) == 2


def test_a_point_that_the_pen_jumps_to_and_back_from_is_left_out() -> None:
    line = np.column_stack([np.arange(20.0), np.zeros(20)])
    spiked = line.copy()
    spiked[7] = (7.0, 500.0)
    assert np.array_equal(clean.despike(spiked, 10.0), np.delete(line, 7, 0))
    assert np.array_equal(clean.despike(line, 10.0), line)
    assert np.array_equal(clean.despike(spiked, 0), spiked)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([np.array([(1.0, 2.0)])], "has 1 point, expected two"),
        ([], "has 0 points"),
        ([np.array([(1.0, 2.0), (np.nan, 0)])], "point 1 is not a finite number"),
        ([np.array([(1.0, 2.0), (3, 4)]), np.array([(np.inf, 0)])], "point 2 is not a finite"),
        ([np.ones((5, 2))], "5 points in one place"),
        ([np.array([(0.0, 0), (1, 0), (2, 0), (3, 0), (1e9, 0)])], "jumps 1e+09 units to point 4"),
    ],
)
def test_damaged_drawings_are_refused_with_the_point(
    lines: list[np.ndarray], expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        clean.check(lines, "`x.npz`, row 7")
    assert caught.value.message.startswith("`x.npz`, row 7")
    assert expected in caught.value.message
    assert caught.value.hint
