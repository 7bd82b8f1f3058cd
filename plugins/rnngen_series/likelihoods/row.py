"""Likelihoods of one number, where a step is a row: the number, and what is known beside it.

A row of a time series is `[value, observed, level, covariates..., counts]`:

- `value`: the number, scaled;
- `observed`: 1, 0 where the value is missing, −1 in the boundary;
- `level`: standardised logarithm of the number that the value was divided by;
- covariates of the step that comes *next*, so that a prediction knows them;
- `counts`: whether the value is to be predicted; the input layer does not see it.

What is drawn of a row is its value; everything else is known, and for who draws to fill in.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnngen import Likelihood, normal

VALUE, OBSERVED, LEVEL, COVARIATES, COUNTS = 0, 1, 2, 3, -1
"""Places in a row; covariates are the places from there to the last."""

SMALLEST_SCALE = 1e-4
"""What a scale is at least, in units of scaled values: densities stay finite."""


class RowInput(nn.Module):
    """A linear map of rows, without their last number, to vectors `[..., width]`."""

    def __init__(self, row: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(row - 1, width)

    def forward(self, rows: Tensor) -> Tensor:
        """`[..., D]` to `[..., width]`."""
        projected: Tensor = self.linear(rows[..., :COUNTS])
        return projected


class RowLikelihood(Likelihood):
    """The distribution of the value of a row.

    A subclass sets `size` and `uniforms` and defines `value_nll`, `value_draw` and `below`.

    Args:
        row: D, numbers in a row.
    """

    density = True

    def __init__(self, row: int) -> None:
        self.step_shape = (row,)

    def embedding(self, width: int) -> nn.Module:
        """The input layer: rows `[..., D]` to vectors `[..., width]`."""
        return RowInput(self.step_shape[0], width)

    def counts(self, target: Tensor) -> Tensor:
        """`[..., D]` to `[...]`: 1 where a value is to be predicted, else 0."""
        return (target[..., COUNTS] > 0.5).float()

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(value) in nats, `[..., K]` and `[..., D]` to `[...]`; 0 where it does not count.

        Values are scaled: a density is per unit of them.
        """
        nats = self.value_nll(output, target[..., VALUE], target[..., LEVEL])
        return torch.where(target[..., COUNTS] > 0.5, nats, torch.zeros_like(nats))

    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """Rows `[..., D]` with a value drawn at level 0, and no covariates."""
        level = torch.zeros(output.shape[:-1])
        value = self.value_draw(output, uniform, level, temperature=temperature, bias=bias)
        rows = value.new_zeros(*value.shape, *self.step_shape, dtype=torch.float32)
        rows[..., VALUE] = value.float()
        rows[..., OBSERVED] = rows[..., COUNTS] = 1.0
        return rows

    def replaced(self, step: Tensor, drawn: Tensor) -> Tensor:
        """Rows with the values of others."""
        step = step.clone()
        step[..., VALUE] = drawn[..., VALUE]
        return step

    def value_nll(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """−log p of values `[...]` at levels `[...]`, for `output [..., K]`."""
        raise NotImplementedError

    def value_draw(
        self, output: Tensor, uniform: Tensor, level: Tensor, *, temperature: float, bias: float
    ) -> Tensor:
        """Values `[...]` float64 for uniform numbers `[..., uniforms]` float64 in [0, 1).

        Args:
            output: `[..., K]`.
            uniform: random numbers.
            level: `[...]`, of the rows that are predicted.
            temperature: scales how far values scatter; 0 gives the middle of the distribution.
            bias: scatter is multiplied by exp(−bias) besides.
        """
        raise NotImplementedError

    def below(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """P(X ≤ value) `[...]` float64."""
        raise NotImplementedError

    def tail(self, output: Tensor, value: Tensor, level: Tensor) -> Tensor:
        """Twice the smaller of P(X ≤ value) and P(X ≥ value), at most 1: `[...]` float64."""
        below = self.below(output, value, level)
        return 2.0 * torch.minimum(below, 1.0 - below)


def nearer(uniform: Tensor, scatter: float) -> Tensor:
    """Uniform numbers moved towards 1/2, on the scale of a normal distribution.

    u' = Φ(scatter · Φ⁻¹(u)): a quantile of any distribution becomes one nearer to its median.
    """
    if scatter == 1.0:
        return uniform
    moved: Tensor = torch.special.ndtr(scatter * normal(uniform)).clamp(max=1.0 - 2.0**-53)
    return moved


def positive(raw: Tensor, least: float = SMALLEST_SCALE) -> Tensor:
    """Any number as one above `least`: least + log(1 + exp(raw))."""
    made: Tensor = nn.functional.softplus(raw) + least
    return made


def wide(output: Tensor) -> Tensor:
    """Float64, where the device has it."""
    return output.float() if output.device.type == "mps" else output.double()


def parameters(output: Tensor, *, precise: bool = False) -> tuple[Any, ...]:
    """The K numbers of `output [..., K]`, one tensor each."""
    return (wide(output) if precise else output.float()).unbind(-1)
