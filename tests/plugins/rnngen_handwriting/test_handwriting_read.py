"""Files of drawings: what they hold comes out, and bad ones are refused by file and row."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.left_out import LeftOut
from rnngen.files.source import Source
from rnngen_handwriting import read
from rnngen_handwriting.domain import HandwritingDomain
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.options import Options
from rnngen_handwriting.output import Sheet, svg

from .test_handwriting_strokes import drawings

ROW = np.array([(0, 0, 0), (3, 4, 0), (2, 0, 1), (5, 5, 0), (1, 1, 1)], np.int16)
LINES = [[(0.0, 0), (3, 4), (5, 4)], [(10.0, 9), (11, 10)]]


def _read(path: Path, **options: Any) -> list[Drawing]:
    return list(read.drawings(Source(path.name, path), Options(**options)))


def _lines(drawing: Drawing) -> list[list[tuple[float, float]]]:
    return [[(float(x), float(y)) for x, y in line] for line in drawing.lines]


def _npz(folder: Path, **arrays: Any) -> Path:
    path = folder / "x.npz"
    np.savez(path, **arrays)
    return path


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def _objects(*rows: Any) -> np.ndarray:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def test_an_array_a_drawing_and_stroke_5_are_read(tmp_path: Path) -> None:
    five = np.zeros((6, 5))
    five[:5, :2], five[:5, 2], five[:5, 3] = ROW[:, :2], 1 - ROW[:, 2], ROW[:, 2]
    five[5, 4] = 1
    for drawing in _read(_npz(tmp_path, a=ROW, b=five)):
        assert _lines(drawing) == LINES


def test_one_array_for_all_has_texts_and_writers(tmp_path: Path) -> None:
    both = np.concatenate([ROW, ROW])
    beside = {"offsets": [0, 5, 10], "texts": ["ab", "c"], "writers": [4, 7]}
    expected = [("ab", "4", LINES), ("c", "7", LINES)]
    bits = np.packbits(both[:, 2].astype(bool))
    for layout in (
        {"strokes": both},
        {"dxy": both[:, :2], "pen": both[:, 2]},
        {"dxy": both[:, :2], "pen": bits},
    ):
        found = _read(_npz(tmp_path, **layout, **beside))
        assert [(d.text, d.writer, _lines(d)) for d in found] == expected


def test_pickled_arrays_are_refused_unless_wanted_and_then_have_parts(tmp_path: Path) -> None:
    path = _npz(tmp_path, train=_objects(ROW, ROW), valid=_objects(ROW), test=_objects(ROW))
    with pytest.raises(DataError, match="pickled") as caught:
        _read(path)
    assert "handwriting.pickled=yes" in str(caught.value.hint)
    found = _read(path, pickled=True)
    assert [d.part for d in found] == ["train", "train", "valid", "test"]
    assert all(_lines(d) == LINES for d in found)
    domain = HandwritingDomain(Options(pickled=True))
    parts = domain.parts([Source("x", path)])
    assert parts is not None
    assert {part: len(list(domain.read(each))) for part, each in parts.items()} == {
        "train": 2,
        "valid": 1,
        "test": 1,
    }


class _Bomb:
    """What runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickle_that_holds_code_is_refused_and_nothing_of_it_runs(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = _npz(tmp_path, train=_objects(_Bomb(mark)))
    with pytest.raises(DataError, match="not an array of numbers"):
        _read(path, pickled=True)
    assert not mark.exists()
    pickle.loads(pickle.dumps(_Bomb(mark)))
    assert mark.exists(), "the bomb is no bomb"


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"a": np.zeros((4, 4))}, "array `a` is [4, 4] of float64, expected stroke-3"),
        ({"a": ROW * [1, 1, 7]}, "the pen of point 2 is [7]"),
        ({"a": ROW[:1]}, "array `a` has 1 point"),
        ({"strokes": ROW, "offsets": [0, 4]}, "`offsets` does not increase from 0 to 5"),
        ({"strokes": ROW, "offsets": [0, 5], "texts": ["a", "b"]}, "`texts` is [2], expected [1]"),
        ({"strokes": ROW * np.nan, "offsets": [0, 5]}, "row 0"),
        ({"dxy": ROW[:, :2], "offsets": [0, 5]}, "no 'pen'"),
    ],
)
def test_arrays_that_are_no_strokes_are_refused_by_file_and_row(
    tmp_path: Path, arrays: dict[str, Any], expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        _read(_npz(tmp_path, **arrays))
    assert "`x.npz`" in caught.value.message
    assert expected in caught.value.message


def test_a_damaged_npz_and_a_file_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = _npz(tmp_path, a=ROW)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match="damaged or not an npz file"):
        _read(path)
    with pytest.raises(DataError, match="not a kind of file that drawings are read from"):
        _read(_file(tmp_path, "x.txt", "hello"))


INK = """<ink xmlns="http://www.w3.org/2003/InkML"><traceFormat><channel name="X"/>
<channel name="Y"/><channel name="T"/></traceFormat><annotation type="truth"> ab </annotation>
<annotation type="writer">w7</annotation>
<trace>0 0 1, 3 4 2,5 4 3</trace><trace type="penUp">5 4 3, 9 9 4</trace>
<trace>10 9 5, 11 10 6</trace></ink>"""


def test_inkml_has_traces_text_and_writer(tmp_path: Path) -> None:
    (drawing,) = _read(_file(tmp_path, "x.inkml", INK))
    assert (_lines(drawing), drawing.text, drawing.writer) == (LINES, "ab", "w7")


def test_differences_in_inkml_are_added_up(tmp_path: Path) -> None:
    # The example of the standard, section 3.2.1, with spaces left out as it allows.
    text = "1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6,4 8,3 6"
    (drawing,) = _read(_file(tmp_path, "x.inkml", f"<ink><trace>{text}</trace></ink>"))
    expected = [(1125, 18432), (1148, 18475), (1178, 18510), (1211, 18540), (1251, 18567)]
    assert _lines(drawing)[0][:5] == expected


def test_groups_with_a_text_of_their_own_are_drawings(tmp_path: Path) -> None:
    group = (
        '<traceGroup><annotation type="truth">{}</annotation><trace>0 0, 3 4</trace></traceGroup>'
    )
    path = _file(tmp_path, "x.inkml", f"<ink>{group.format('a')}{group.format('b')}</ink>")
    assert [drawing.text for drawing in _read(path)] == ["a", "b"]


IAM = """<WhiteboardCaptureSession><General><Form writerID="10045"/></General>
<Transcription><Text>ab</Text></Transcription><StrokeSet>
<Stroke><Point x="0" y="0" time="1"/><Point x="3" y="4"/><Point x="5" y="4"/></Stroke>
<Stroke><Point x="10" y="9"/><Point x="11" y="10"/></Stroke></StrokeSet>
</WhiteboardCaptureSession>"""


def test_iam_has_strokes_text_and_writer(tmp_path: Path) -> None:
    (drawing,) = _read(_file(tmp_path, "x.xml", IAM))
    assert (_lines(drawing), drawing.text, drawing.writer) == (LINES, "ab", "10045")


def test_svg_has_lines_curves_and_transforms(tmp_path: Path) -> None:
    text = """<svg xmlns="http://www.w3.org/2000/svg"><title>ab</title>
    <g transform="translate(1,2)"><path transform="scale(2)" d="M0 0 L1 1 h2 z m5 5 l1 0"/>
    <polyline points="0,0 1,2"/></g>
    <line x1="1" y1="2" x2="3" y2="4"/><path d="M0 0 C 0 10 10 10 10 0"/></svg>"""
    (drawing,) = _read(_file(tmp_path, "x.svg", text))
    lines = _lines(drawing)
    assert drawing.text == "ab"
    assert lines[:4] == [
        [(1, 2), (3, 4), (7, 4), (1, 2)],
        [(11, 12), (13, 12)],
        [(1, 2), (2, 4)],
        [(1, 2), (3, 4)],
    ]
    # The middle of the curve, by hand: (0 + 3·0 + 3·10 + 10) / 8, (0 + 3·10 + 3·10 + 0) / 8.
    assert (5.0, 7.5) in lines[4]


@settings(max_examples=30, deadline=None)
@given(drawings(least=2))
def test_a_drawing_comes_back_from_the_svg_it_was_written_to(
    tmp_path_factory: pytest.TempPathFactory, lines: list[np.ndarray]
) -> None:
    path = tmp_path_factory.getbasetemp() / "back.svg"
    for animated in (False, True):
        path.write_text(svg(Sheet([("a<&", lines), ("b", lines)], 100, 100), animated=animated))
        one, two = _parsed(path)
        assert (one.text, two.text) == ("a<&", "b")
        for a, b in zip(one.lines, lines, strict=True):
            assert np.allclose(a, b, atol=0.01)


def _parsed(path: Path) -> Iterator[Drawing]:
    from rnngen_handwriting.svg import read as read_svg

    return read_svg(Source(path.name, path), LeftOut())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.inkml", "<ink><trace>0 0, 1 b</trace></ink>", "trace 0: point 1"),
        ("x.inkml", "<ink><trace>0 0, 1</trace></ink>", "trace 0: point 1 is `1`"),
        ("x.inkml", "<ink><trace>0 0</trace></ink>", "has 1 point"),
        ("x.inkml", "<ink/>", "has 0 points"),
        ("x.inkml", "<ink><trace>", "is not XML"),
        ("x.xml", "<html/>", "begins with `html`, expected InkML"),
        ("x.xml", IAM.replace('y="4"', 'y="?"'), "stroke 0, point 1 has x '3' and y '?'"),
        ("x.svg", "<svg><text>a</text></svg>", "has no strokes"),
        ("x.svg", '<svg><path id="p" d="M0 0 Q"/></svg>', "`path` with id `p` is damaged"),
        ("x.svg", '<svg><g transform="spin(3)"/></svg>', "the transform `spin(3)`"),
        ("x.svg", '<svg><polyline points="1 2 3"/></svg>', "`polyline` is damaged"),
    ],
)
def test_damaged_markup_is_refused_by_file_and_place(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    with pytest.raises(DataError) as caught:
        _read(_file(tmp_path, name, text))
    assert f"`{name}`" in caught.value.message
    assert expected in caught.value.message


BOMB = """<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>{}"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{}"""


@pytest.mark.parametrize("attack", [BOMB, OUTSIDE])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.inkml", '<ink><annotation type="truth">&a;</annotation><trace>0 0,1 1</trace></ink>'),
        ("x.xml", IAM),
        ("x.svg", '<svg><title>&a;</title><path d="M0 0 L1 1"/></svg>'),
    ],
)
def test_entities_are_refused(tmp_path: Path, attack: str, name: str, body: str) -> None:
    with pytest.raises(DataError, match="is refused"):
        _read(_file(tmp_path, name, attack.format(body)))


def test_hands_come_to_one_size_whatever_the_unit(tmp_path: Path) -> None:
    strokes = np.concatenate([ROW, ROW * [10, 10, 1]])
    path = _npz(tmp_path, strokes=strokes, offsets=[0, 5, 10], writers=[0, 1])
    one, two = (p.content for p in HandwritingDomain().read([Source("x", path)]))
    assert all(np.allclose(a - one[0][0], b - two[0][0]) for a, b in zip(one, two, strict=True))
    one, two = (
        p.content for p in HandwritingDomain(Options(scale="none")).read([Source("x", path)])
    )
    assert np.allclose(10 * one[0], two[0])


def _writers(folder: Path, count: int) -> Source:
    strokes = np.tile(ROW, (2 * count, 1))
    offsets = np.arange(2 * count + 1) * len(ROW)
    writers = np.repeat(np.arange(count), 2)
    return Source("x", _npz(folder, strokes=strokes, offsets=offsets, writers=writers))


def test_no_writer_is_in_two_parts_and_none_is_lost(tmp_path: Path) -> None:
    source = _writers(tmp_path, 40)
    domain = HandwritingDomain(Options(split="writer", valid=0.2))
    parts = domain.parts([source])
    assert parts is not None
    found = {
        part: {d.writer for d in read.drawings(each[0], domain.options)}
        for part, each in parts.items()
    }
    assert sorted(found) == ["test", "train", "valid"]
    assert sum(map(len, found.values())) == 40
    assert len(set.union(*found.values())) == 40
    assert sum(len(list(domain.read(each))) for each in parts.values()) == 80


def test_too_few_writers_can_not_be_split(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too few writers"):
        HandwritingDomain(Options(split="writer")).parts([_writers(tmp_path, 2)])
    nobody = Source("x", _npz(tmp_path, a=ROW))
    with pytest.raises(DataError, match="has no writer's name"):
        HandwritingDomain(Options(split="writer")).parts([nobody])
