"""The categorical likelihood: the next step is one of `size` tokens.

p(step = k) = exp(o_k) / Σ_j exp(o_j)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnngen.contracts.likelihood import Likelihood, choose, sharpened


class Categorical(Likelihood):
    """One of `size` tokens, from as many unnormalised log-probabilities.

    Args:
        size: how many different tokens there are.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def embedding(self, width: int) -> nn.Embedding:
        """The input layer that fits: token ids `[...]` to vectors `[..., width]`."""
        return nn.Embedding(self.size, width)

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(target) in nats: `[..., K]` and `[...]` to `[...]`, computed in float32."""
        flat = nn.functional.cross_entropy(
            output.float().flatten(0, -2), target.flatten(), reduction="none"
        )
        return flat.view(target.shape)

    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """The token whose part of the cumulative distribution a uniform number falls into."""
        if temperature == 0:
            return output.argmax(-1)
        return choose(sharpened(output, temperature, bias), uniform[..., 0])

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """Steps drawn from the distribution: `[..., K]` to `[...]` int64, on the output's device.

        Args:
            output: as for `nll`.
            generator: on the processor; what is drawn depends on it alone.
        """
        chances = output.detach().float().softmax(-1).flatten(0, -2).cpu()
        steps = torch.multinomial(chances, 1, generator=generator)
        return steps.view(output.shape[:-1]).to(output.device)
