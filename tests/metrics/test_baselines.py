"""Simple models: probabilities that sum to one, a plain reference, and what the numbers mean."""

from __future__ import annotations

import lzma
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnngen.metrics import baselines as module
from rnngen.metrics.baselines import NGram, baselines, unigram_nats

SEQUENCES = st.lists(st.integers(0, 3), min_size=1, max_size=40)


def array(steps: list[int]) -> np.ndarray:
    return np.array(steps, dtype=np.int64)


def plain_kneser_ney(train: list[int], size: int, order: int, history: list[int], w: int) -> float:
    """The formula of Chen and Goodman, word for word, with dictionaries."""
    order = min(order, len(train))
    padded = [-1, *train]  # the beginning is a left neighbour like any other
    raw = Counter(tuple(train[i : i + order]) for i in range(len(train) - order + 1))

    def counts(n: int) -> Counter[tuple[int, ...]]:
        if n == order:
            return raw
        longer = {tuple(padded[i : i + n + 1]) for i in range(len(padded) - n)}
        return Counter(gram[1:] for gram in longer)

    def discount(n: int, count: int) -> float:
        of = Counter(counts(n).values())
        fallback = [0.0, 0.5, 1.0, 1.5][min(count, 3)]
        if not (of[1] and of[2] and of[3]):
            return fallback
        y = of[1] / (of[1] + 2 * of[2])
        d = [
            0.0,
            1 - 2 * y * of[2] / of[1],
            2 - 3 * y * of[3] / of[2],
            3 - 4 * y * of[4] / of[3],
        ]
        if min(d[1:]) <= 0:
            return fallback
        return min(d[min(count, 3)], float(min(count, 3)))

    def probability(h: tuple[int, ...]) -> float:
        n = len(h) + 1
        shorter = probability(h[1:]) if h else 1 / size
        after = {gram[-1]: c for gram, c in counts(n).items() if gram[:-1] == h}
        total = sum(after.values())
        if not total:
            return shorter
        left = sum(discount(n, c) for c in after.values())
        count = after.get(w, 0)
        return (max(count - discount(n, count), 0) + left * shorter) / total

    return probability(tuple(history[-(order - 1) :]) if order > 1 else ())


@example(train=[0, 2, 1, 1, 1, 1, 2, 1, 0, 0], history=[2], order=2)
@settings(max_examples=60, deadline=None)
@given(train=SEQUENCES, history=st.lists(st.integers(0, 3), max_size=6), order=st.integers(1, 5))
def test_ngram_probabilities_sum_to_one_after_any_history(
    train: list[int], history: list[int], order: int
) -> None:
    model = NGram(array(train), 5, order)
    last = [model.probabilities(array([*history, w]))[-1] for w in range(5)]
    assert sum(last) == pytest.approx(1.0)
    assert min(last) > 0


@settings(max_examples=60, deadline=None)
@given(
    train=SEQUENCES,
    valid=st.lists(st.integers(0, 4), min_size=1, max_size=12),
    order=st.integers(1, 4),
)
def test_ngram_is_the_formula_of_chen_and_goodman(
    train: list[int], valid: list[int], order: int
) -> None:
    found = NGram(array(train), 5, order).probabilities(array(valid))
    expected = [
        plain_kneser_ney(train, 5, order, valid[max(0, i - order + 1) : i], w)
        for i, w in enumerate(valid)
    ]
    assert found == pytest.approx(expected)


def test_estimated_discounts_are_those_of_the_formula() -> None:
    text = "she sells sea shells by the sea shore and he sells the shells she saw by the shore "
    steps = [ord(c) - ord("a") + 1 if c != " " else 0 for c in text * 3 + "the seas shall see"]
    expected = [plain_kneser_ney(steps, 27, 3, steps[i - 2 : i], steps[i]) for i in range(2, 40)]
    assert NGram(array(steps), 27, 3).probabilities(array(steps[:40]))[2:] == pytest.approx(
        expected
    )


def test_unigram_probabilities_sum_to_one_and_unseen_steps_have_some() -> None:
    nats = unigram_nats(array([0, 0, 1]), array([0, 1, 2]), 3)
    assert np.exp(-nats) == pytest.approx([3 / 6, 2 / 6, 1 / 6])


def test_on_random_steps_no_model_beats_the_entropy() -> None:
    steps = np.random.default_rng(0).integers(0, 16, 60_000)
    rows = baselines(steps[:50_000], steps[50_000:], 16)
    assert [row.name for row in rows] == ["unigram", "order-5 n-gram"]
    for row in rows:
        assert row.nats_per_token is not None
        assert row.nats_per_token > math.log(16) - 0.001
        assert row.perplexity == pytest.approx(math.exp(row.nats_per_token))


def test_on_a_repeated_text_the_ngram_is_nearly_certain() -> None:
    steps = np.tile(np.arange(20), 500)
    unigram, ngram = baselines(steps, steps[:200], 20)
    assert unigram.nats_per_token == pytest.approx(math.log(20), abs=0.01)
    assert ngram.nats_per_token is not None
    assert ngram.nats_per_token < 0.1


def test_bits_are_per_character_and_per_byte_of_the_held_out_text() -> None:
    valid = array([0, 1, 0, 1])
    unigram = baselines(array([0, 1]), valid, 2, characters=8, byte_count=16)[0]
    assert unigram.nats_per_token == pytest.approx(math.log(2))
    assert unigram.bits_per_character == pytest.approx(4 / 8)
    assert unigram.bits_per_byte == pytest.approx(4 / 16)


def test_xz_counts_the_bytes_of_real_files() -> None:
    train, valid = b"the quick brown fox " * 40, b"the quick brown fox jumps"
    size = len(lzma.compress(valid, preset=9 | lzma.PRESET_EXTREME))
    rows = baselines(
        array([0]), array([0] * 25), 1, byte_count=25, train_text=train, valid_text=valid
    )
    alone, after = rows[2:]
    assert alone.bits_per_byte == pytest.approx(8 * size / 25)
    assert alone.bits_per_byte is not None
    assert after.bits_per_byte is not None
    assert after.bits_per_byte < alone.bits_per_byte


def test_a_protocol_says_what_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRAIN_STEPS", 100)
    monkeypatch.setattr(module, "VALID_STEPS", 10)
    steps = array([0, 1] * 100)
    for row in baselines(steps, steps[:50], 2):
        assert "fitted on the last 100 of 200 steps" in row.protocol
        assert "measured on the first 10 of 50 held-out steps" in row.protocol
    for row in baselines(steps[:100], steps[:10], 2):
        assert "last" not in row.protocol


def test_xz_of_a_part_is_scaled_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "XZ_VALID_BYTES", 64)
    text = bytes(range(64)) * 2
    row = baselines(array([0]), array([0] * 128), 1, byte_count=128, valid_text=text)[-1]
    size = len(lzma.compress(text[:64], preset=9 | lzma.PRESET_EXTREME))
    assert row.bits_per_byte == pytest.approx(8 * size / 64)
    assert "measured on the first 64 of 128 held-out bytes" in row.protocol


def test_a_perplexity_that_no_number_can_hold_is_infinite() -> None:
    from rnngen.metrics.baselines import perplexity

    assert perplexity(0.0) == 1.0
    assert perplexity(math.log(2.5)) == pytest.approx(2.5)
    assert perplexity(1330.0) == math.inf
