"""The filters keep what a plain loop over the definitions keeps."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnngen.components.decoders import filters

# Few different values, so that ties are common; none near a threshold of the others.
logits = st.lists(
    st.sampled_from([-3.0, -1.25, -0.5, 0.0, 0.25, 1.0, 2.5, 4.0]), min_size=1, max_size=12
)
many = settings(max_examples=150, deadline=None)


def softmax(values: list[float]) -> list[float]:
    total = math.fsum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def kept(result: Tensor) -> list[bool]:
    return [value > -math.inf for value in result.tolist()]


def batch(values: list[float], result: object) -> list[bool]:
    """What a filter keeps of a row, which other rows must not change."""
    row = torch.tensor(values)
    others = torch.stack([row, row.flip(0), row * 3])
    alone, together = result(row[None])[0], result(others)[0]  # type: ignore[operator]
    assert torch.equal(alone, together)
    assert all(
        value in (-math.inf, before)
        for value, before in zip(alone.tolist(), row.tolist(), strict=True)
    )
    return kept(alone)


@given(logits, st.integers(1, 14))
@many
def test_top_k_keeps_the_k_most_probable_and_their_equals(values: list[float], k: int) -> None:
    threshold = sorted(values, reverse=True)[min(k, len(values)) - 1]
    expected = [value >= threshold for value in values]
    assert batch(values, lambda rows: filters.keep_top_k(rows, k)) == expected


@given(logits, st.floats(0, 0.999))
@many
def test_top_p_keeps_the_smallest_set_with_that_probability(values: list[float], p: float) -> None:
    probabilities = softmax(values)
    mass, last = 0.0, 0.0
    for probability in sorted(probabilities, reverse=True):
        last, mass = probability, mass + probability
        if abs(mass - p) < 1e-5:
            return  # too near to tell in float32
        if mass >= p:
            break
    expected = [probability >= last - 1e-9 for probability in probabilities]
    assert batch(values, lambda rows: filters.keep_top_p(rows, p)) == expected


@given(logits, st.sampled_from([0.001, 0.03, 0.2, 0.5, 0.9, 1.0]))
@many
def test_min_p_keeps_what_is_nearly_as_probable_as_the_best(values: list[float], p: float) -> None:
    probabilities = softmax(values)
    expected = [probability >= p * max(probabilities) - 1e-9 for probability in probabilities]
    assert batch(values, lambda rows: filters.keep_min_p(rows, p)) == expected


@given(logits, st.data())
@many
def test_penalty_raises_the_probability_of_seen_steps_to_a_power(
    values: list[float], data: st.DataObject
) -> None:
    seen = [data.draw(st.booleans()) for _ in values]
    result = filters.penalize(torch.tensor([values]), torch.tensor([seen]), 1.5)[0]
    for value, before, flag in zip(result.tolist(), softmax(values), seen, strict=True):
        assert math.exp(value) == pytest.approx(before ** (1.5 if flag else 1), rel=1e-4)
    moved = filters.penalize(torch.tensor([values]) + 7, torch.tensor([seen]), 1.5)[0]
    assert torch.allclose(moved, result, atol=1e-5)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 0.999])
def test_top_p_looks_further_when_the_most_probable_are_not_enough(p: float) -> None:
    generator = torch.Generator().manual_seed(0)
    flat = 0.01 * torch.randn(3, 3000, generator=generator)
    steep = 9 * torch.randn(3, 3000, generator=generator)
    for rows in (flat, steep, torch.cat([flat, steep])):
        probabilities = rows.double().softmax(-1)
        ordered = probabilities.sort(descending=True).values.cumsum(-1)
        expected = (ordered < p).sum(-1) + 1
        count = (filters.keep_top_p(rows, p) > -math.inf).sum(-1)
        assert ((count - expected).abs() <= 1).all()


def test_nothing_forbidden_leaves_the_row_as_it_is() -> None:
    row = torch.randn(2, 5)
    assert filters.forbid(row, torch.tensor([], dtype=torch.int64)) is row
    assert kept(filters.forbid(row, torch.tensor([0, 3]))[1]) == [False, True, True, False, True]
