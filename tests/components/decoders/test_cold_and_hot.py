"""Temperatures from the smallest number to the largest: a limit, and never a number that is not."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from rnngen.components.decoders.greedy import Greedy
from rnngen.components.decoders.sample import Options, Sample
from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.decoder import Request
from rnngen.contracts.likelihood import choose, sharpened
from rnngen.kernel.catalog import get_catalog
from rnngen.testing.decoders import MarkovEngine

COLD = [5e-324, 1e-310, 1e-300, 1e-100, 1e-45, 1e-39, 1.2e-38, 1e-20, 1e-9, 1e-5]


def steps(decoder: Any, request: Request) -> list[int]:
    return [part.step for part in decoder.decode(MarkovEngine(), request)]


@pytest.mark.parametrize("temperature", COLD)
@pytest.mark.parametrize(
    "others",
    [
        {},
        {"top_p": 1e-12},
        {"top_p": 0.5, "min_p": 1e-300},
        {"top_k": 10**30},
        {"bias": 20.0},
    ],
    ids=str,
)
def test_the_coldest_sampling_is_greedy(temperature: float, others: dict[str, Any]) -> None:
    request = Request([[0], [0, 1]], 20, forbidden=frozenset({3}))
    greedy = steps(Greedy(), request)
    assert steps(Sample(Options(temperature=temperature, **others)), request) == greedy


@pytest.mark.parametrize("temperature", COLD)
def test_steps_that_are_equally_probable_stay_so_however_cold(temperature: float) -> None:
    logits = torch.tensor([[3.0, -1.0, 3.0, 2.9999]]).expand(8, 4)
    uniform = (torch.arange(8, dtype=torch.float64) + 0.5) / 8
    drawn = choose(sharpened(logits, temperature, 0.0), uniform)
    assert drawn.tolist() == [0, 0, 0, 0, 2, 2, 2, 2]


@pytest.mark.parametrize("temperature", [1e30, 1e300, 1.7e308])
def test_the_hottest_sampling_draws_all_that_is_not_forbidden_alike(temperature: float) -> None:
    logits = torch.tensor([[50.0, -math.inf, -50.0]]).expand(4, 3)
    uniform = (torch.arange(4, dtype=torch.float64) + 0.5) / 4
    drawn = choose(sharpened(logits, temperature, 0.0), uniform)
    assert drawn.tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("temperature", [0.5, 0.8, 1.3])
def test_ordinary_temperatures_divide(temperature: float) -> None:
    logits = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sharpened(logits, temperature, 0.5), logits / temperature * 1.5)


LIKELIHOODS: dict[str, dict[str, Any]] = {
    "categorical": {"size": 5},
    "bernoulli": {"keys": 4},
    "nade": {"keys": 4, "hidden": 3},
    "pen-mixture": {"components": 3},
}


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("temperature", [5e-324, 1e-39, 1e300])
def test_likelihoods_draw_numbers_at_any_temperature(name: str, temperature: float) -> None:
    made = get_catalog().find("likelihood", name).build(**LIKELIHOODS[name])
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(6, made.size, generator=generator)
    uniform = torch.rand(6, made.uniforms, generator=generator, dtype=torch.float64)
    drawn = made.draw(output, uniform, temperature=temperature).double()
    assert not torch.isnan(drawn).any()
    if temperature < 1:
        still = made.draw(output, uniform, temperature=0).double()
        assert torch.allclose(drawn, still, atol=1e-12)


def test_the_repetition_window_may_be_wider_than_any_text() -> None:
    request = Request([[0]] * 3, 12, seed=2)
    wide = Sample(Options(repetition_penalty=1.4, repetition_window=10**15))
    everything = Sample(Options(repetition_penalty=1.4, repetition_window=0))
    assert steps(wide, request) == steps(everything, request)


def test_a_cold_categorical_is_its_mode() -> None:
    output = torch.randn(9, 7, generator=torch.Generator().manual_seed(3))
    uniform = torch.full((9, 1), 0.999, dtype=torch.float64)
    for temperature in COLD:
        drawn = Categorical(7).draw(output, uniform, temperature=temperature)
        assert torch.equal(drawn, output.argmax(-1))
