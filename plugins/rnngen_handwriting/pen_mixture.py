"""The pen likelihood: a mixture of bivariate Gaussians and a pen state (Graves 2013, "Generating
sequences with recurrent neural networks", eq. 16 to 25).

A step is (dx, dy, draws, lifts, ends), stroke-5 as in sketch-rnn (Ha and Eck 2017): an offset, and
one of three pen states after it.

    p(dx, dy) = Σ_j π_j N(dx, dy | μ_j, σ_j, ρ_j)     eq. 23, 24
    p(draws, lifts, ends) = softmax of three numbers   Graves: one probability of lifting
    −log p = −log p(dx, dy) − log p(state);  for a step that ends, only the state counts

Everything is computed in float32 from logarithms: log σ is bounded by ±`WIDEST`, and |ρ| by 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnngen import Likelihood, choose, normal, sharpened

WIDEST = 7.0
"""|log σ| stays below this, in units of the data: σ is between a thousandth and a thousand."""
STRAIGHTEST = 0.995
"""|ρ| stays below this, so that dividing by 1 − ρ² is safe, even for half-precision outputs."""
STATES = 3
ENDS = 4
"""Index of `ends` in a step."""


class PenMixture(Likelihood):
    """An offset from a mixture of bivariate Gaussians, and one of three pen states.

    Args:
        components: M; the output has 6M + 3 numbers. 1 is a single Gaussian.
    """

    step_shape = (2 + STATES,)
    uniforms = 4
    density = True

    def __init__(self, components: int = 20) -> None:
        self.components = components
        self.size = 6 * components + STATES

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p in nats, `[..., 6M+3]` and `[..., 5]` to `[...]`."""
        offset, state = self.nll_of_offset(output, target), self.nll_of_state(output, target)
        # `where` instead of a product, so that an offset that does not count can't cause NaN.
        return torch.where(target[..., ENDS] > 0, state, offset + state)

    def nll_of_offset(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(dx, dy) in nats: `[..., 6M+3]` and `[..., 5]` to `[...]`."""
        weights, mean, spread, rho = self.parameters(output)
        apart = (target[..., None, :2].float() - mean) * torch.exp(-spread)  # [..., M, 2]
        x, y = apart.unbind(-1)
        free = 1.0 - rho.square()
        # (x² − 2ρxy + y²) / (1 − ρ²) as a sum of squares, which rounding can't turn negative.
        distance = x.square() + (y - rho * x).square() / free
        log = -0.5 * distance - spread.sum(-1) - 0.5 * torch.log(free) - math.log(2 * math.pi)
        return -torch.logsumexp(weights.log_softmax(-1) + log, -1)

    def nll_of_state(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(draws, lifts, ends) in nats: `[..., 6M+3]` and `[..., 5]` to `[...]`."""
        logs = output[..., -STATES:].float().log_softmax(-1)
        return -(logs * target[..., 2:].float()).sum(-1)

    def parameters(self, output: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Unnormalised log π `[..., M]`, μ `[..., M, 2]`, log σ `[..., M, 2]`, ρ `[..., M]`."""
        shape = (*output.shape[:-1], self.components, 6)
        weights, x, y, wide, high, rho = output[..., :-STATES].float().reshape(shape).unbind(-1)
        # Squashed, not clipped: extreme values keep a gradient that brings them back.
        spread = WIDEST * torch.tanh(torch.stack([wide, high], -1) / WIDEST)
        return weights, torch.stack([x, y], -1), spread, STRAIGHTEST * torch.tanh(rho)

    def output(
        self, weights: Tensor, mean: Tensor, spread: Tensor, rho: Tensor, states: Tensor
    ) -> Tensor:
        """Inverse of `parameters`, as far as possible: the output `[..., 6M+3]` float32.

        Args:
            weights: log π `[..., M]`.
            mean: μ `[..., M, 2]`.
            spread: log σ `[..., M, 2]`.
            rho: ρ `[..., M]`.
            states: log-probabilities of the pen states `[..., 3]`.
        """
        most = 1.0 - 1e-6
        bent = WIDEST * torch.atanh((spread / WIDEST).clamp(-most, most))
        turned = torch.atanh((rho / STRAIGHTEST).clamp(-most, most))
        parts = [weights, *mean.unbind(-1), *bent.unbind(-1), turned]
        return torch.cat([torch.stack(parts, -1).flatten(-2), states], -1).float()

    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """Draws a component, a point from it, and a pen state, from four uniform numbers.

        At temperature T, weights and states are raised to 1/T, and deviations scaled by √T (Ha and
        Eck 2017, eq. 8); at 0, the result is the mean of the heaviest component and the likeliest
        state. A bias affects only the offset, as in Graves' eq. 61 and 62.
        """
        weights, mean, spread, rho = self.parameters(output)
        states = output[..., -STATES:].float()
        if temperature == 0:
            chosen, state = weights.argmax(-1), states.argmax(-1)
        else:
            chosen = choose(sharpened(weights, temperature, bias), uniform[..., 0])
            state = choose(sharpened(states, temperature, 0.0), uniform[..., 3])
        place = chosen[..., None, None]
        mean = mean.take_along_dim(place, -2).squeeze(-2).double()
        sigma = spread.take_along_dim(place, -2).squeeze(-2).double().sub(bias).exp()
        sigma = sigma * math.sqrt(temperature)
        rho = rho.take_along_dim(place[..., 0], -1).squeeze(-1).double()
        one, two = normal(uniform[..., 1]), normal(uniform[..., 2])
        two = rho * one + torch.sqrt(1.0 - rho.square()) * two
        offset = mean + sigma * torch.stack([one, two], -1)
        pen = torch.nn.functional.one_hot(state, STATES)
        offset = torch.where(pen[..., -1:] > 0, 0.0, offset)
        return torch.cat([offset, pen], -1).float()
