"""SVG as other programs write it: what is not a stroke is left out and said, the rest is placed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnngen.contracts.errors import DataError
from rnngen.contracts.left_out import LeftOut
from rnngen.files.source import Source
from rnngen_handwriting.svg import read

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
HEAD += 'xmlns:sodipodi="http://sodipodi" width="300" height="100" viewBox="0 0 300 100">'
PATH = '<path d="M10 10 L20 30 L30 12"/>'
POINTS = [[10, 10], [20, 30], [30, 12]]


def drawings(tmp_path: Path, inside: str) -> tuple[list[tuple[str | None, list]], list[str]]:
    """Title and lines of each drawing, and what was said."""
    path = tmp_path / "x.svg"
    path.write_text(HEAD + inside + "</svg>")
    said: list[str] = []
    left = LeftOut(said.append)
    found = [
        (each.text, [np.round(line, 6).tolist() for line in each.lines])
        for each in read(Source("x.svg", path), left)
    ]
    left.say()
    return found, said


def lines(tmp_path: Path, inside: str) -> list:
    """The lines of the only drawing, of which nothing is left out."""
    ((_, found),), said = drawings(tmp_path, inside)
    assert said == []
    return found


@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ('<rect width="300" height="100" fill="#fff"/>', "`rect` left out"),
        ("<text>hello</text><text>you</text>", "`text` left out, which is not a stroke (2)"),
        ('<image href="a.png"/>', "`image` left out"),
        ('<circle r="3"/>', "`circle` left out"),
        ("<foreignObject><p/></foreignObject>", "`foreignObject` left out"),
        ('<use href="other.svg#a"/>', "`use` of something that is not in the file left out"),
        (f'<g style="display:none">{PATH}</g>', "hidden elements left out (1)"),
        (f'<g display="none">{PATH}</g>', "hidden elements left out (1)"),
        (f'<g visibility="hidden">{PATH}{PATH}</g>', "hidden elements left out (2)"),
        (f'<g opacity="0">{PATH}</g>', "hidden elements left out (1)"),
        (f"<style>.no, #q {{ display: none }}</style><g class='a no'>{PATH}</g>", "hidden"),
        ('<path stroke="none" fill="none" d="M0 0L300 100"/>', "hidden elements left out (1)"),
    ],
)
def test_what_is_not_a_stroke_is_left_out_and_said(tmp_path: Path, beside: str, said: str) -> None:
    found, remarks = drawings(tmp_path, beside + PATH)
    assert found == [(None, [POINTS])]
    (remark,) = remarks
    assert remark.startswith(f"`x.svg`: {said}")


@pytest.mark.parametrize(
    "beside",
    [
        f"<defs>{PATH}</defs><metadata/><mask>{PATH}</mask>",
        f"<clipPath>{PATH}</clipPath><symbol>{PATH}</symbol><marker>{PATH}</marker>",
        f"<sodipodi:namedview>{PATH}</sodipodi:namedview>",
        f"<unknown>{PATH}</unknown><style>path{{stroke:red}}</style><script>1</script>",
        "<!-- comment --><?php nothing ?>",
    ],
)
def test_what_is_not_shown_by_itself_is_not_read(tmp_path: Path, beside: str) -> None:
    assert lines(tmp_path, beside + PATH) == [POINTS]


def test_visible_children_of_hidden_groups_are_read(tmp_path: Path) -> None:
    inside = '<g visibility="hidden"><path visibility="visible" d="M1 2L3 4"/></g>'
    assert lines(tmp_path, inside) == [[[1, 2], [3, 4]]]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("10,10 20,30 30-12 45,40", [[10, 10], [20, 30], [30, -12], [45, 40]]),
        ("1-1.5.5,2e1", [[1, -1.5], [0.5, 20]]),
        (" 1 , 2,3\n4 ", [[1, 2], [3, 4]]),
        ("+1+2.-.5-3", [[1, 2], [-0.5, -3]]),
    ],
)
def test_numbers_need_no_separators_where_the_standard_needs_none(
    tmp_path: Path, points: str, expected: list
) -> None:
    assert lines(tmp_path, f'<polyline points="{points}"/>') == [expected]


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ('style="transform:translate(100px,0)"', [101, 2]),
        ('style="transform: translate(1in, 10%)"', [97, 12]),
        ('style="transform:translateX(5px) translateY(7px)"', [6, 9]),
        ('style="transform:rotate(0.25turn)"', [-2, 1]),
        ('style="transform:rotate(90deg) scale(2)"', [-4, 2]),
        ('style="transform:scaleX(3)" transform="scale(9)"', [3, 2]),
        ('transform="skewX(45)"', [3, 2]),
        ('transform="skewY(45)"', [1, 3]),
        ('transform="matrix(1-1 1 1 0 0)"', [3, 1]),
        ('transform="translate(1 1),scale(2)"', [3, 5]),
        ('transform="rotate(90 1 2)"', [1, 2]),
        ('style="transform:rotate(180deg);transform-origin:1px 2px"', [1, 2]),
        ('transform="none"', [1, 2]),
    ],
)
def test_transforms_of_attributes_and_styles(
    tmp_path: Path, attribute: str, expected: list
) -> None:
    found = lines(tmp_path, f'<g {attribute}><path d="M1 2L10 20"/></g>')
    assert found[0][0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('x="100" y="50" width="100" height="50" viewBox="0 0 1000 500"', [[100, 50], [200, 100]]),
        ('x="10" width="50%" height="50%"', [[10, 0], [1010, 500]]),
        ('width="100" height="100" viewBox="0 0 1000 500"', [[0, 25], [100, 75]]),
        (
            'width="100" height="100" viewBox="0 0 1000 500" preserveAspectRatio="none"',
            [[0, 0], [100, 100]],
        ),
        (
            'width="100" height="100" viewBox="0 0 1000 500" preserveAspectRatio="xMinYMax"',
            [[0, 50], [100, 100]],
        ),
    ],
)
def test_an_inner_svg_is_fitted_into_its_viewport(
    tmp_path: Path, inside: str, expected: list
) -> None:
    assert lines(tmp_path, f'<svg {inside}><path d="M0 0 L1000 500"/></svg>') == [expected]


def test_use_repeats_shapes_groups_and_symbols_in_their_places(tmp_path: Path) -> None:
    inside = (
        '<defs><path id="a" d="M0 0L1 1"/></defs><symbol id="s" viewBox="0 0 10 10">'
        '<path d="M0 0L10 10"/></symbol><use href="#a" x="5" y="6"/>'
        '<use xlink:href="#s" x="20" width="100" height="100"/>'
    )
    assert lines(tmp_path, inside) == [[[5, 6], [6, 7]], [[20, 0], [120, 100]]]


@pytest.mark.parametrize(
    "inside",
    [
        '<g id="a"><path d="M0 0L1 1"/><use href="#a"/></g>',
        "".join(f'<g id="g{n}">' + f'<use href="#g{n + 1}"/>' * 9 + "</g>" for n in range(1, 12))
        + '<g id="g12"><path d="M0 0L1 1"/></g>',
    ],
    ids=["itself", "billions"],
)
def test_uses_of_uses_without_end_are_refused(
    tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnngen_handwriting.svg.MOST", 20_000)
    with pytest.raises(DataError, match="`use` repeats too much"):
        drawings(tmp_path, inside)


def test_groups_nested_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nested more than 200 deep"):
        drawings(tmp_path, "<g>" * 5000 + PATH + "</g>" * 5000)


def test_drawings_without_a_title_stay_beside_those_with_one(tmp_path: Path) -> None:
    one, two, three = (f'<path d="M{n} 0L{n} 9"/>' for n in (1, 2, 3))
    inside = f"<g><title>one</title>{one}</g><g>{two}</g>{three}{three}"
    found, said = drawings(tmp_path, inside)
    assert said == []
    assert [(text, [line[0][0] for line in each]) for text, each in found] == [
        ("one", [1]),
        (None, [2]),
        (None, [3, 3]),
    ]


def test_titles_and_labels_name_their_groups_at_any_depth(tmp_path: Path) -> None:
    one, two = (f'<path d="M{n} 0L{n} 9"/>' for n in (1, 2))
    layers = f'<g id="layer"><g><title>one</title><g>{one}</g></g><g aria-label="two">{two}</g></g>'
    found, _ = drawings(tmp_path, "<title>the page</title>" + layers)
    assert [(text, [line[0][0] for line in each]) for text, each in found] == [
        ("one", [1]),
        ("two", [2]),
    ]


def test_a_file_without_strokes_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no strokes") as caught:
        drawings(tmp_path, '<rect width="9" height="9"/>')
    assert "convert" in str(caught.value.hint)


def test_lengths_with_units_are_read_in_pixels(tmp_path: Path) -> None:
    found = lines(tmp_path, '<line x1="1in" y1="72pt" x2="50%" y2="25.4mm"/>')
    assert np.allclose(found, [[[96, 96], [150, 96]]])
