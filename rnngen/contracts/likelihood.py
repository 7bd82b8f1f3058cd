"""The contract of a likelihood, which turns a model's output into next-step probabilities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from rnngen.contracts.contract import Contract


class Likelihood(Contract, ABC):
    """A distribution of the next step, given K numbers.

    A subclass sets `size`, and `step_shape` where a step is a vector, and defines `nll` and `draw`.
    It is built from JSON: all its arguments are numbers, texts, and lists of them.
    """

    __slots__ = ()

    component_kind: ClassVar[str] = "likelihood"

    size: int
    """K, the numbers in an output."""

    step_shape: tuple[int, ...] = ()
    """Shape of one step: `()` for ids, `(D,)` for vectors."""

    uniforms: int = 1
    """Number of uniform random numbers per step."""

    density: bool = False
    """Whether `nll` is of a density, which has no zero: only differences of nats mean something."""

    def embedding(self, width: int) -> nn.Module:
        """The input layer that fits: steps `[..., *step_shape]` to vectors `[..., width]`."""
        return nn.Linear(self.step_shape[0], width)

    @abstractmethod
    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(target) in nats: `[..., K]` and `[..., *step_shape]` to `[...]`, in float32."""

    def counts(self, target: Tensor) -> Tensor | None:
        """Which targets count, `[..., *step_shape]` to `[...]`: 1 or 0; None: all.

        A target that is not counted has `nll` 0, and means leave it out.
        """
        return None

    def replaced(self, step: Tensor, drawn: Tensor) -> Tensor:
        """Steps replaced by drawn ones, whole or in the parts that can be drawn."""
        return drawn

    @abstractmethod
    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """Steps as a function of uniform random numbers.

        Args:
            output: `[..., K]`.
            uniform: `[..., uniforms]` float64 in [0, 1).
            temperature: scales how far steps scatter; 0 gives the most typical step.
            bias: b of Graves 2013, section 5.4: deviations are multiplied by exp(−b), and the
                logarithms of weights by 1 + b.

        Returns:
            `[..., *step_shape]`.
        """

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """Steps drawn from the distribution: `[..., K]` to `[..., *step_shape]`.

        Args:
            output: on any device; the steps come back to it.
            generator: on the processor; what is drawn depends on it alone.
        """
        shape = (*output.shape[:-1], self.uniforms)
        uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
        return self.draw(output.detach().float().cpu(), uniform).to(output.device)


def choose(logits: Tensor, uniform: Tensor) -> Tensor:
    """Draws one of K by inverting the cumulative distribution.

    Args:
        logits: `[..., K]`, unnormalised log-probabilities.
        uniform: `[...]` float64 in [0, 1).

    Returns:
        `[...]` int64.
    """
    # In float64, and by a routine that sums each row in order.
    cumulative = logits.softmax(-1).cumsum(-1, dtype=torch.float64)
    wanted = uniform.unsqueeze(-1) * cumulative[..., -1:]
    chosen: Tensor = torch.searchsorted(cumulative, wanted, right=True).squeeze(-1)
    # Only where the output is not a number.
    return chosen.clamp_(max=logits.shape[-1] - 1)


COLD = 1e-3
"""Temperature below which logarithms are divided in float64: in float32 they would overflow."""

HOT = 1e30
"""Temperature above which they are, because the temperature itself would."""

COLDEST = 1e-290
"""Temperatures below it count as it: all but the highest log-weights are impossible already."""


def sharpened(logits: Tensor, temperature: float, bias: float) -> Tensor:
    """Log-weights at a temperature above 0 and with a bias; a number at any temperature."""
    if not COLD <= temperature <= HOT:
        return logits.double() / max(temperature, COLDEST) * (1.0 + bias)
    return logits / temperature * (1.0 + bias)


def normal(uniform: Tensor) -> Tensor:
    """Standard normal numbers for uniform ones, by the inverse of the distribution function."""
    # 0 has no finite inverse; multiples of 2⁻⁵² can be moved to the middle of their interval.
    numbers: Tensor = torch.special.ndtri((uniform + 2.0**-53).clamp(max=1.0 - 2.0**-53))
    return numbers
