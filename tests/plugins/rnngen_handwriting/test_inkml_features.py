"""InkML as its recommendation has it: continuations, contexts, channels, values and groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnngen.contracts.errors import DataError
from rnngen.contracts.left_out import LeftOut
from rnngen.files.source import Source
from rnngen_handwriting.ink import read

XY = '<channel name="X"/><channel name="Y"/>'


def drawings(tmp_path: Path, inside: str) -> tuple[list[tuple[str | None, list]], list[str]]:
    """Text and lines of each drawing, and what was said."""
    path = tmp_path / "x.inkml"
    path.write_text(f'<ink xmlns="http://www.w3.org/2003/InkML">{inside}</ink>')
    said: list[str] = []
    left = LeftOut(said.append)
    found = [
        (each.text, [line.tolist() for line in each.lines])
        for each in read(Source("x.inkml", path), left)
    ]
    left.say()
    return found, said


def lines(tmp_path: Path, inside: str) -> list:
    ((_, found),), said = drawings(tmp_path, inside)
    assert said == []
    return found


def test_continued_traces_are_one_line(tmp_path: Path) -> None:
    traces = (
        '<trace xml:id="a" continuation="begin">1 0, 2 0</trace><trace>9 9, 8 8</trace>'
        '<trace xml:id="b" continuation="middle" priorRef="#a">3 0</trace>'
        '<trace continuation="end" priorRef="#b">4 0, 5 0</trace>'
    )
    assert lines(tmp_path, traces) == [[[n, 0] for n in (1, 2, 3, 4, 5)], [[9, 9], [8, 8]]]


def test_a_continuation_of_nothing_is_said(tmp_path: Path) -> None:
    found, said = drawings(tmp_path, '<trace continuation="end" priorRef="#z">1 1, 2 2</trace>')
    assert found == [(None, [[[1, 1], [2, 2]]])]
    assert said == ["`x.inkml`: traces that continue an unknown one read as new ones (1)"]


@pytest.mark.parametrize(
    "inside",
    [
        f'<definitions><context xml:id="c1"><traceFormat>{XY}</traceFormat></context>'
        f'<context xml:id="c2"><traceFormat>{XY}<channel name="F"/></traceFormat></context>'
        '</definitions><trace contextRef="#c1">1 2, 3 4</trace>'
        '<trace contextRef="#c2">5 6 0, 7 8 1</trace>',
        f'<definitions><traceFormat xml:id="f">{XY}<channel name="F"/></traceFormat>'
        '<context xml:id="c" traceFormatRef="#f"/></definitions><trace>1 2, 3 4</trace>'
        '<traceGroup contextRef="#c"><trace>5 6 0, 7 8 1</trace></traceGroup>',
        f'<definitions><inkSource xml:id="s"><traceFormat><channel name="T"/>{XY}</traceFormat>'
        '</inkSource><context xml:id="b" inkSourceRef="#s"/><context xml:id="c" contextRef="#b"/>'
        '</definitions><trace>1 2, 3 4</trace><trace contextRef="#c">0 5 6, 1 7 8</trace>',
        f"<trace>1 2, 3 4</trace><context><traceFormat>{XY}<channel name='F'/></traceFormat>"
        "</context><trace>5 6 0, 7 8 1</trace>",
    ],
    ids=["contexts", "reference", "source", "streaming"],
)
def test_each_trace_has_the_format_of_its_context(tmp_path: Path, inside: str) -> None:
    found, _ = drawings(tmp_path, inside)
    assert [line for _, each in found for line in each] == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]


def test_axes_that_grow_the_other_way_are_turned(tmp_path: Path) -> None:
    form = '<traceFormat><channel name="X"/><channel name="Y" orientation="-ve"/></traceFormat>'
    assert lines(tmp_path, form + "<trace>1 2, 3 4</trace>") == [[[1, -2], [3, -4]]]


def test_units_of_two_contexts_become_the_same(tmp_path: Path) -> None:
    contexts = "".join(
        f'<context xml:id="{unit}"><traceFormat><channel name="X" units="{unit}"/>'
        f'<channel name="Y" units="{unit}"/></traceFormat></context>'
        for unit in ("cm", "mm")
    )
    traces = '<trace contextRef="#cm">1 2, 3 4</trace><trace contextRef="#mm">10 20, 30 40</trace>'
    one, two = lines(tmp_path, f"<definitions>{contexts}</definitions>{traces}")
    assert np.allclose(one, two)


def test_channels_that_come_and_go_may_be_left_out(tmp_path: Path) -> None:
    form = (
        f"<traceFormat>{XY}<intermittentChannels><channel name='F'/></intermittentChannels>"
        "</traceFormat>"
    )
    assert lines(tmp_path, form + "<trace>1 2, 3 4 9, 5 6</trace>") == [[[1, 2], [3, 4], [5, 6]]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2, * 3, 4 *", [[1, 2], [1, 3], [4, 3]]),
        ("1 2, ? 3, 4 5", [[1, 2], [4, 5]]),
        ("#A #1f, -#2 0", [[10, 31], [-2, 0]]),
        ("1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2", [
            [1125, 18432], [1148, 18475], [1178, 18510], [1211, 18540], [1251, 18567],
            [1297, 18596],
        ]),
        ("1 1,'2'3,* *", [[1, 1], [3, 4], [5, 7]]),
        ("5 5, '1 '1, !9 !9", [[5, 5], [6, 6], [9, 9]]),
    ],
)  # fmt: skip
def test_values_are_those_of_the_recommendation(tmp_path: Path, text: str, expected: list) -> None:
    assert lines(tmp_path, f"<trace>{text}</trace>") == [expected]


def test_the_last_channels_may_repeat_by_being_left_out(tmp_path: Path) -> None:
    form = f"<traceFormat>{XY}<channel name='F'/></traceFormat>"
    assert lines(tmp_path, form + "<trace>1 2 5, 3 4</trace>") == [[[1, 2], [3, 4]]]
    with pytest.raises(DataError, match="point 0 is `1 2`, expected 3 numbers"):
        drawings(tmp_path, form + "<trace>1 2, 3 4 5</trace>")


def test_labels_name_all_that_is_in_their_groups(tmp_path: Path) -> None:
    def group(inside: str, label: str = "") -> str:
        text = f'<annotation type="transcription">{label}</annotation>' if label else ""
        return f"<traceGroup>{text}{inside}</traceGroup>"

    one, two, three, four = (f"<trace>{n} 0, {n} 9</trace>" for n in (1, 2, 3, 4))
    inside = group(group(one) + group(two), "hello") + group(group(three), "you") + group(four)
    found, _ = drawings(tmp_path, inside)
    assert [(text, [line[0][0] for line in each]) for text, each in found] == [
        ("hello", [1, 2]),
        ("you", [3]),
        (None, [4]),
    ]


def test_the_innermost_labels_count(tmp_path: Path) -> None:
    word = '<traceGroup><annotation type="truth">{0}</annotation><trace>{1} 0,{1} 9</trace>'
    word += "</traceGroup>"
    line = '<traceGroup><annotation type="truth">a b</annotation>'
    found, _ = drawings(
        tmp_path, line + word.format("a", 1) + word.format("b", 2) + "</traceGroup>"
    )
    assert [text for text, _ in found] == ["a", "b"]


def test_definitions_are_read_only_where_they_are_viewed(tmp_path: Path) -> None:
    defined = (
        '<definitions><trace xml:id="a">1 1,2 2</trace><traceGroup xml:id="g">'
        "<trace>3 3,4 4</trace></traceGroup></definitions>"
    )
    assert lines(tmp_path, defined + "<trace>9 9,8 8</trace>") == [[[9, 9], [8, 8]]]
    views = '<traceView traceDataRef="#a"/><traceView traceDataRef="#g"/>'
    assert lines(tmp_path, defined + views) == [[[1, 1], [2, 2]], [[3, 3], [4, 4]]]


def test_views_of_traces_read_elsewhere_add_nothing(tmp_path: Path) -> None:
    inside = (
        '<annotation type="truth">x</annotation><trace id="1">1 1,2 2</trace><traceGroup>'
        '<annotation type="truth">x</annotation><traceView traceDataRef="1"/></traceGroup>'
    )
    assert drawings(tmp_path, inside) == ([("x", [[[1, 1], [2, 2]]])], [])


def test_groups_nested_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nested more than 200 deep"):
        drawings(tmp_path, "<traceGroup>" * 3000 + "</traceGroup>" * 3000)
