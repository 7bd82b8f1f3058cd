"""The likelihood of a pen against SciPy, at extremes, and what it draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from rnngen_handwriting.pen_mixture import PenMixture

DRAWS = 20_000
LEAST = 1e-4
"""A p-value below this says that a test failed; seeds are fixed."""


def _output(components: int, seed: int) -> Tensor:
    return torch.randn(6 * components + 3, generator=torch.Generator().manual_seed(seed))


def _steps(offsets: list[tuple[float, float]], state: int) -> Tensor:
    pen = [float(place == state) for place in range(3)]
    return torch.tensor([[x, y, *pen] for x, y in offsets])


def _scipy(output: Tensor, likelihood: PenMixture, point: tuple[float, float]) -> float:
    """log p(dx, dy), from covariance matrices and nothing of ours but the parameters."""
    weights, mean, spread, rho = (part.double().numpy() for part in likelihood.parameters(output))
    shares = np.exp(weights) / np.exp(weights).sum()
    logs = []
    for share, mu, log, r in zip(shares, mean, spread, rho, strict=True):
        a, b = np.exp(log)
        covariance = [[a * a, r * a * b], [r * a * b, b * b]]
        logs.append(np.log(share) + stats.multivariate_normal(mu, covariance).logpdf(point))
    return float(np.logaddexp.reduce(logs))


@settings(max_examples=40, deadline=None)
@given(
    components=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    point=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    state=st.integers(0, 1),
)
def test_nll_is_that_of_scipys_mixture_and_of_the_state(
    components: int, seed: int, point: tuple[float, float], state: int
) -> None:
    likelihood, output = PenMixture(components), _output(components, seed)
    states = np.asarray(output[-3:], np.float64)
    chance = states[state] - np.logaddexp.reduce(states)
    expected = -_scipy(output, likelihood, point) - chance
    found = float(likelihood.nll(output.unsqueeze(0), _steps([point], state))[0])
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_density_of_offsets_integrates_to_one() -> None:
    likelihood = PenMixture(3)
    axis = torch.linspace(-40, 40, 801)
    grid = torch.cartesian_prod(axis, axis)
    steps = torch.cat([grid, torch.tensor([[1.0, 0, 0]]).expand(len(grid), 3)], 1)
    density = torch.exp(-likelihood.nll_of_offset(_output(3, 4).expand(len(grid), -1), steps))
    assert float(density.sum()) * 0.01 == pytest.approx(1.0, abs=0.01)


def test_of_a_step_that_ends_only_the_state_counts() -> None:
    likelihood, output = PenMixture(2), _output(2, 1)
    far = _steps([(0.0, 0.0), (1e4, -1e4)], 2)
    expected = -float(output[-3:].log_softmax(0)[2])
    assert likelihood.nll(output.expand(2, -1), far).tolist() == pytest.approx([expected] * 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [0.0, 30.0, 1e4, -1e4])
def test_nll_and_its_gradient_are_finite_at_extremes(dtype: torch.dtype, size: float) -> None:
    likelihood = PenMixture(4)
    output = torch.full((3, likelihood.size), size, dtype=dtype).requires_grad_()
    steps = torch.cat([_steps([(0.0, 0.0), (1e3, -1e3)], 0), _steps([(0.0, 0.0)], 2)])
    nll = likelihood.nll(output, steps)
    nll.sum().backward()
    assert nll.dtype == torch.float32
    assert nll.isfinite().all()
    assert output.grad is not None
    assert output.grad.isfinite().all()


def test_half_precision_outputs_give_nearly_the_same_nll() -> None:
    likelihood = PenMixture(20)
    output = torch.stack([_output(20, seed) for seed in range(50)])
    steps = _steps([(0.1 * n - 2, 1 - 0.05 * n) for n in range(50)], 0)
    exact, half = likelihood.nll(output, steps), likelihood.nll(output.bfloat16(), steps)
    assert torch.allclose(exact, half, atol=0.05, rtol=0.02)


def test_output_gives_back_the_parameters_it_was_made_of() -> None:
    likelihood = PenMixture(3)
    output = _output(3, 5)
    parameters = likelihood.parameters(output)
    again = likelihood.output(*parameters, output[-3:])
    assert torch.allclose(again, output, atol=1e-4)


def test_drawn_offsets_are_distributed_as_the_mixture_says() -> None:
    likelihood = PenMixture(2)
    output = _output(2, 8)
    drawn = likelihood.sample(output.expand(DRAWS, -1), torch.Generator().manual_seed(0)).double()
    weights, mean, spread, rho = (part.double().numpy() for part in likelihood.parameters(output))
    shares = np.exp(weights) / np.exp(weights).sum()
    going = drawn[drawn[:, 4] == 0][:, :2].numpy()
    # Along three directions: one Gaussian mixture each, whose distribution function SciPy has.
    for along in (np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.6, -0.8])):
        centre = mean @ along
        a, b = np.exp(spread).T
        variance = (a * along[0]) ** 2 + (b * along[1]) ** 2 + 2 * rho * a * b * along.prod()

        def cumulative(x: np.ndarray, centre=centre, variance=variance) -> np.ndarray:
            return sum(
                share * stats.norm.cdf(x, mu, math.sqrt(var))
                for share, mu, var in zip(shares, centre, variance, strict=True)
            )

        assert stats.kstest(going @ along, cumulative).pvalue > LEAST


def test_drawn_states_are_as_frequent_as_their_chances() -> None:
    likelihood = PenMixture(1)
    output = _output(1, 3)
    drawn = likelihood.sample(output.expand(DRAWS, -1), torch.Generator().manual_seed(1))
    counts = drawn[:, 2:].sum(0).numpy()
    chances = np.asarray(output[-3:].softmax(0), np.float64)
    expected = chances / chances.sum() * DRAWS
    assert counts.sum() == DRAWS
    assert stats.chisquare(counts, expected).pvalue > LEAST


def test_an_end_is_drawn_as_the_boundary_exactly() -> None:
    likelihood = PenMixture(1)
    output = torch.zeros(likelihood.size)
    output[-1] = 50.0
    drawn = likelihood.draw(output, torch.tensor([0.5, 0.9, 0.9, 0.5], dtype=torch.float64))
    assert tuple(drawn.tolist()) == (0.0, 0.0, 0.0, 0.0, 1.0)


def test_bias_shrinks_deviations_by_its_exponential_and_leaves_the_states_alone() -> None:
    likelihood = PenMixture(1)
    output = _output(1, 2).expand(2000, -1)
    uniform = torch.rand(2000, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    mean = likelihood.parameters(output)[1][:, 0]
    plain = likelihood.draw(output, uniform)
    biased = likelihood.draw(output, uniform, bias=1.5)
    assert torch.equal(plain[:, 2:], biased[:, 2:])
    going = plain[:, 4] == 0
    apart = ((plain[:, :2] - mean) * math.exp(-1.5))[going]
    assert torch.allclose((biased[:, :2] - mean)[going], apart, atol=1e-5)


def test_bias_makes_the_heavier_component_more_likely() -> None:
    likelihood = PenMixture(2)
    zeros = torch.zeros(2)
    output = likelihood.output(
        torch.tensor([0.6, 0.4]).log(),
        torch.tensor([[-100.0, 0], [100.0, 0]]),
        torch.zeros(2, 2),
        zeros,
        torch.tensor([5.0, -5.0, -50.0]),
    ).expand(DRAWS, -1)
    uniform = torch.rand(DRAWS, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for bias in (0.0, 1.0, 3.0):
        drawn = likelihood.draw(output, uniform, bias=bias)
        left = float((drawn[:, 0] < 0).double().mean())
        share = 0.6 ** (1 + bias) / (0.6 ** (1 + bias) + 0.4 ** (1 + bias))
        assert left == pytest.approx(share, abs=0.02)


def test_temperature_zero_gives_the_mean_of_the_heaviest_component() -> None:
    likelihood = PenMixture(3)
    output = _output(3, 6)
    output[-1] = -9.0
    weights, mean, _, _ = likelihood.parameters(output)
    drawn = likelihood.draw(output, torch.full((4,), 0.999, dtype=torch.float64), temperature=0)
    assert torch.allclose(drawn[:2], mean[weights.argmax()])
    assert int(drawn[2:].argmax()) == int(output[-3:].argmax())
