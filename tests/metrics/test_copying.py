"""The share of copied text and the longest copy, against brute force."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.metrics.copying import Memorization, memorization

LETTERS = st.text(alphabet="ab ", max_size=60)


def brute_share(sample: str, training: str, minimum: int) -> float:
    covered = set()
    for start in range(len(sample) - minimum + 1):
        if sample[start : start + minimum] in training:
            covered.update(range(start, start + minimum))
    return len(covered) / len(sample) if sample else 0.0


def brute_longest(sample: str, training: str) -> int:
    return max(
        (
            stop - start
            for start in range(len(sample))
            for stop in range(start + 1, len(sample) + 1)
            if sample[start:stop] in training
        ),
        default=0,
    )


def check(result: Memorization, sample: str, training: str, minimum: int) -> None:
    assert result.share == pytest.approx(brute_share(sample, training, minimum))
    assert result.longest == brute_longest(sample, training) == len(result.text)
    assert (result.sample_size, result.training_size) == (len(sample), len(training))
    if result.longest:
        assert result.offset is not None
        assert result.position is not None
        assert training[result.offset : result.offset + result.longest] == result.text
        assert sample[result.position : result.position + result.longest] == result.text
    else:
        assert result.offset is None
        assert result.position is None


@settings(max_examples=150, deadline=None)
@given(sample=st.text("ab ", max_size=25), training=LETTERS, minimum=st.integers(1, 8))
def test_share_and_longest_copy_are_those_of_brute_force(
    sample: str, training: str, minimum: int
) -> None:
    check(memorization(sample, [training], minimum), sample, training, minimum)


@settings(max_examples=150, deadline=None)
@given(
    sample=st.text("ab", max_size=9),
    parts=st.lists(st.text("ab", max_size=30), max_size=8),
    block=st.integers(1, 40),
)
def test_copies_across_parts_and_blocks_are_found(
    sample: str, parts: list[str], block: int
) -> None:
    check(memorization(sample, parts, 3, block), sample, "".join(parts), 3)


@settings(max_examples=50, deadline=None)
@given(sample=st.text(max_size=15), training=st.text(max_size=40))
def test_any_characters_are_compared(sample: str, training: str) -> None:
    check(memorization(sample, [training], 2), sample, training, 2)


def test_strings_whose_hashes_collide_are_told_apart() -> None:
    # A Thue-Morse word and its complement have the same polynomial hash modulo 2**64, whatever
    # the base: only the comparison of characters tells them apart.
    word = "".join("ab"[bin(i).count("1") % 2] for i in range(2048))
    other = word.translate(str.maketrans("ab", "ba"))
    result = memorization(word, [other], minimum=2048)
    assert result.share == 0.0
    assert result.longest == 1024
    assert result.text in other


def test_a_long_copy_in_a_long_text_is_found_where_it_is() -> None:
    training = "".join(f"line {number} of the training text\n" for number in range(20_000))
    copied = training[300_000:300_500]
    sample = "x" * 1000 + copied + "y" * 500
    pieces = (training[start : start + 777] for start in range(0, len(training), 777))
    result = memorization(sample, pieces, block=5_000)
    assert (result.offset, result.position, result.text) == (300_000, 1000, copied)
    assert result.share == pytest.approx(500 / 2000)


def test_a_minimum_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        memorization("a", ["a"], minimum=0)


def test_the_longest_copy_of_colliding_strings_is_that_of_brute_force() -> None:
    word = "".join("ab"[bin(i).count("1") % 2] for i in range(256))
    other = word.translate(str.maketrans("ab", "ba"))
    check(memorization(word, [other], minimum=100), word, other, 100)
