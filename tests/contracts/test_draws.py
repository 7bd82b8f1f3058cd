"""Random numbers are a function of seed, sequence and step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnngen.contracts import draws
from rnngen.contracts.draws import LARGEST_SEED, Draws, uniforms

numbers = st.integers(0, LARGEST_SEED)


@given(numbers, numbers, st.integers(0, 5000), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_number_depends_on_its_step_alone(
    seed: int, sequence: int, start: int, count: int
) -> None:
    whole = uniforms(seed, sequence, 0, start + count)
    assert np.array_equal(uniforms(seed, sequence, start, count), whole[start:])


def test_the_numbers_of_a_seed_stay_what_they_are() -> None:
    # Users keep seeds: a change here changes every text that was ever reproducible.
    raw = np.random.Philox(key=np.array([3, 5], dtype=np.uint64)).random_raw(6)
    assert (uniforms(3, 5, 0, 6) * 2**52 == raw >> np.uint64(12)).all()
    expected = [0.08910065, 0.33189185, 0.16520898, 0.37185566, 0.39459135]
    assert uniforms(3, 5, 0, 5) == pytest.approx(expected, abs=1e-8)


@given(st.integers(0, 2**52 - 1), st.floats(1e-300, 1e300))
@settings(max_examples=200, deadline=None)
def test_a_share_of_a_total_is_less_than_the_total(raw: int, total: float) -> None:
    assert (raw * 2.0**-52) * total < total
    assert (1 - 2.0**-52) * total < total


def test_numbers_are_uniform_and_those_of_different_sequences_independent() -> None:
    one, two, other = (uniforms(*key, 0, 20_000) for key in ((0, 0), (0, 1), (1, 0)))
    for sample in (one, two, other, uniforms(LARGEST_SEED, LARGEST_SEED, 0, 20_000)):
        assert sample.min() >= 0
        assert sample.max() < 1
        assert stats.kstest(sample, "uniform").pvalue > 0.001
    for a, b in ((one, two), (one, other), (two, other), (one[1:], one[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 0.03


@pytest.mark.parametrize("chunk", [1, 7, 256])
def test_steps_drawn_together_are_those_drawn_alone(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws, "CHUNK", chunk)
    waits = [0, 3, 11]
    together = Draws(9, [4, 5, 6], waits, 30)
    drawn = np.stack([together.at(step) for step in range(30)])
    for row, wait in enumerate(waits):
        assert (drawn[:wait, row] == 0).all()
        assert np.array_equal(drawn[wait:, row], uniforms(9, 4 + row, 0, 30 - wait))


def test_rows_that_are_kept_go_on_as_they_would_have() -> None:
    kept, alone = Draws(1, [0, 1, 2], [0, 0, 2], 500), uniforms(1, 2, 0, 500)
    assert kept.at(10)[2] == alone[8]
    kept.keep([2, 0])
    assert kept.at(11)[0] == alone[9]
    assert kept.at(400)[0] == alone[398]
    assert kept.at(400)[1] == uniforms(1, 0, 400, 1)[0]
