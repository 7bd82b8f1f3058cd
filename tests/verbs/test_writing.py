"""Text is passed on as soon as it can't be part of a stop text any more."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.verbs.writing import StopTexts

text = st.text("ab\n", max_size=14)
stops = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)


@given(text, stops, st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_passed_on_is_the_text_before_the_first_stop(
    whole: str, texts: list[str], data: st.DataObject
) -> None:
    gate, passed, rest = StopTexts(texts), "", whole
    while rest and not gate.found:
        count = data.draw(st.integers(1, len(rest)))
        part, rest = rest[:count], rest[count:]
        passed += gate.feed(part)
        fed = whole[: len(whole) - len(rest)]
        held = fed[len(passed) :]
        if not gate.found:
            # As much as possible: what is held back is the beginning of a stop text.
            assert not held or any(stop.startswith(held) for stop in texts)
    read = whole[: len(whole) - len(rest)]
    # Of two stop texts the one that is complete first counts.
    ends = [len(read[: read.find(stop)]) for stop in texts if stop in read]
    assert gate.found == bool(ends)
    passed += gate.flush()
    assert passed == (read[: min(ends)] if ends else whole)


def test_after_a_stop_nothing_is_passed_on() -> None:
    gate = StopTexts(["--"])
    assert gate.feed("a-") == "a"
    assert gate.feed("-b") == ""
    assert gate.found
    assert gate.feed("c") + gate.flush() == ""
