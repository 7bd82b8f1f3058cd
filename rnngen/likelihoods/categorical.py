"""The categorical likelihood: the next step is one of `size` tokens.

p(step = k) = exp(o_k) / Σ_j exp(o_j)
"""

from __future__ import annotations

from torch import Tensor, nn


class Categorical:
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
