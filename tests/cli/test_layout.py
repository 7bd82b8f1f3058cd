"""Tables on terminals of every width: no number is cut, and a row is a line where it can be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.cli.layout import Layout, cells, cut, laid_out, wrapped
from rnngen.cli.terminal import visible_line
from rnngen.metrics.shown import fixed, perplexity

COLUMNS = ["name", "loss", "perplexity", "note"]
ROWS = [
    ["model", "3.1416", "23.14", "state carried through the whole text"],
    ["order-5 n-gram", "12.5000", "1.0000e+300", "interpolated, modified Kneser-Ney"],
    ["zero", "inf", "nan", ""],
]
NUMBERS = ["3.1416", "23.14", "12.5000", "1.0000e+300", "inf", "nan"]


def laid(width: int | None) -> Layout:
    return laid_out(COLUMNS, ROWS, width=width, cuts=["note"])


def test_a_pipe_gets_every_column_whole() -> None:
    found = laid(None)
    assert found.heading == "name            loss     perplexity   note"
    assert found.lines[1] == (
        "order-5 n-gram  12.5000  1.0000e+300  interpolated, modified Kneser-Ney"
    )


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_number_is_cut_and_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = laid(width).lines
    words = [word for line in lines for word in line.split()]
    assert [word for word in words if word in NUMBERS] == NUMBERS
    assert all(cells(line) <= width for line in lines)


def test_sentences_are_cut_before_rows_become_lists() -> None:
    found = laid(60)
    assert len(found.lines) == 3
    assert found.lines[0].endswith("state carried through…")
    assert laid(40) == Layout(
        None,
        [
            "model",
            "  loss        3.1416",
            "  perplexity  23.14",
            "  note",
            "    state carried through the whole text",
            "order-5 n-gram",
            "  loss        12.5000",
            "  perplexity  1.0000e+300",
            "  note",
            "    interpolated, modified Kneser-Ney",
            "zero",
            "  loss        inf",
            "  perplexity  nan",
        ],
    )


def test_a_column_that_wraps_loses_nothing() -> None:
    found = laid_out(["what", "how"], [["cache", "one two three four"]], width=20, wraps=["how"])
    assert found.lines == ["cache  one two three", "       four"]


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(st.lists(st.tuples(words, words), max_size=5), st.integers(1, 100) | st.none())
def test_whatever_the_cells_hold_a_row_is_there_once(
    rows: list[tuple[str, str]], width: int | None
) -> None:
    shown = [[visible_line(cell) for cell in row] for row in rows]
    found = laid_out(["a", "b"], shown, width=width, cuts=["b"])
    assert not any("\n" in line for line in found.lines)
    if found.heading is not None:
        assert len(found.lines) == len(rows)


def test_wide_and_combining_characters_are_counted_as_they_are_shown() -> None:
    assert [cells(text) for text in ("ab", "漢字", "e\u0301", "👍")] == [2, 4, 1, 2]
    lines = laid_out(["a", "b"], [["漢字", "1"], ["x", "2"]]).lines
    assert lines == ["漢字  1", "x     2"]
    assert cut("漢字漢字", 5) == "漢字…"


def test_words_stay_whole_where_lines_break() -> None:
    assert wrapped("loss 1.0000e+300 nats", 9, "  ") == ["  loss", "  1.0000e+300", "  nats"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.14159, "3.1416"),
        (-0.5, "-0.5000"),
        (999999999.0, "999999999.0000"),
        (1e300, "1.0000e+300"),
        (-1e300, "-1.0000e+300"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_never_longer_than_a_cell(value: float, text: str) -> None:
    assert fixed(value, 4) == text
    assert re.fullmatch(r"\S{1,16}", fixed(value, 4))


def test_perplexity_that_no_number_holds_is_infinite() -> None:
    assert perplexity(0.0) == 1.0
    assert perplexity(1e4) == float("inf")
    assert perplexity(float("inf")) == float("inf")
