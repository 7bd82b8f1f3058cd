"""Words put on lines: nothing is lost, writers are not mixed, words stand in their order."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.line import on_lines

LINE = np.array([(5.0, 5.0), (7, 9), (9, 5)])


def _words(writers: list[int]) -> list[Drawing]:
    return [
        Drawing([LINE + 100 * number], "here", 3, f"w{number}", str(writer))
        for number, writer in enumerate(writers)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.integers(1, 4))
def test_every_word_is_on_one_line_in_its_order(writers: list[int], most: int) -> None:
    words = _words(writers)
    lines = list(on_lines(words, most))
    assert " ".join(str(line.text) for line in lines).split() == [word.text for word in words]
    assert sum(line.size for line in lines) == 3 * len(words)
    by_text = {word.text: word.writer for word in words}
    for line in lines:
        texts = str(line.text).split()
        assert len(texts) <= most
        assert {by_text[text] for text in texts} == {line.writer}
        assert len(line.lines) == len(texts)
        edges = [(each[:, 0].min(), each[:, 0].max()) for each in line.lines]
        assert all(a[1] < b[0] for a, b in pairwise(edges))
        for each in line.lines:
            assert np.allclose(np.diff(each, axis=0), np.diff(LINE, axis=0))


def test_lines_have_one_word_and_then_more() -> None:
    counts = [len(str(line.text).split()) for line in on_lines(_words([0] * 9), 3)]
    assert counts == [1, 2, 3, 1, 2]


def test_drawings_without_a_text_are_left_alone() -> None:
    mute = [Drawing([LINE], "here"), Drawing([LINE], "here")]
    assert list(on_lines(mute, 3)) == mute
