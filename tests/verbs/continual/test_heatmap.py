"""The picture of the task matrices shows every number, in colours that mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnngen.verbs.continual import heatmap
from rnngen.verbs.continual.heatmap import Panel
from tests.verbs.continual.test_scores import comparison


@pytest.fixture
def figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    drawn: list[Any] = []
    monkeypatch.setattr(heatmap, "save_figure", lambda figure, path: drawn.append(figure))
    heatmap.save_heatmap(heatmap.panels(comparison()), tmp_path / "x.png")
    return drawn[0]


def test_there_is_a_panel_for_each_method_with_its_rows_named() -> None:
    panels = {panel.title.split(",")[0]: panel for panel in heatmap.panels(comparison())}
    assert list(panels) == ["naive", "ewc", "joint", "single"]
    assert panels["ewc"].rows == ["untrained", "a", "then b"]
    assert panels["joint"].rows == ["untrained", "all together"]
    assert panels["single"].rows == ["untrained", "only a", "only b"]
    assert panels["ewc"].framed == [(1, 0), (2, 1)]
    assert panels["joint"].framed == [(1, 0), (1, 1)]


def test_every_number_stands_in_its_cell(figure: Any) -> None:
    ewc = figure.axes[1]
    texts = {tuple(text.get_position()): text.get_text() for text in ewc.texts}
    assert texts == {
        (column, row): f"{bits:.2f}"
        for row, cells in enumerate([[8, 8], [2, 6], [4, 3]])
        for column, bits in enumerate(cells)
    }
    assert ewc.get_title(loc="left") == "ewc, gap 25 %"
    assert [label.get_text() for label in ewc.get_xticklabels()] == ["a", "b"]


def test_the_same_number_has_the_same_colour_in_every_panel(figure: Any) -> None:
    naive, ewc, joint, _ = (axes.images[0].get_array() for axes in figure.axes[:4])
    assert (naive[1, 0] == ewc[1, 0]).all()
    assert (naive[2, 1] == joint[1, 1]).all()
    assert (naive[2, 0] != ewc[2, 0]).any()
    # 8 bits of the untrained model are outside of the scale, which ends at 6.
    assert len({tuple(color) for color in naive[0]}) == 1
    assert figure.axes[-1].get_ylabel() == "bits per token (lower is better)"


def test_numbers_can_be_read_on_their_colours(figure: Any) -> None:
    for axes in figure.axes[:4]:
        shades = axes.images[0].get_array()
        for text in axes.texts:
            column, row = text.get_position()
            red, green, blue = shades[row, column][:3]
            luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
            assert abs(luminance - (0.0 if text.get_color() == "black" else 1.0)) > 0.35


def test_a_picture_of_equal_numbers_and_long_names_is_a_png(tmp_path: Path) -> None:
    name = "a-very-long-name-of-a-task"
    panel = Panel("naive", ["untrained", name], [name], [[5.0], [2.0]], [(1, 0)])
    path = tmp_path / "x.png"
    heatmap.save_heatmap([panel], path)
    assert path.read_bytes().startswith(b"\x89PNG")
