"""The common part of frame likelihoods: their steps, the input layer, and the end of a piece.

A step is a frame of ones and zeros, 88 of them for a piano. The last number of a step is not a key
but marks the end of the document: 1 in a boundary, 0 in every frame. It is a separate Bernoulli
variable, so that a model learns where pieces end; the keys of a boundary cost nothing. Published
numbers for polyphonic music (Boulanger-Lewandowski et al. 2012) cover only the keys: `keys_nll`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rnngen import Likelihood

SOUNDING = 4
"""Usual number of keys sounding at once."""


class FrameLikelihood(Likelihood):
    """The distribution of a frame, and of the end of the piece.

    A subclass sets `size` and defines `keys_nll` and `draw`. An output has the numbers for the keys
    first, then the one for the end.

    Args:
        keys: number of keys; a step has one more number, which marks the boundary.
    """

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.step_shape = (keys + 1,)
        self.uniforms = keys + 1

    def embedding(self, width: int) -> nn.Linear:
        """The input layer: a sum of one vector per key, scaled so that a chord has about unit size.

        The default initialisation of a linear layer expects inputs of size one; most keys are 0.
        """
        layer = nn.Linear(self.keys + 1, width)
        nn.init.normal_(layer.weight, std=SOUNDING**-0.5)
        nn.init.zeros_(layer.bias)
        return layer

    def keys_nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of the keys alone, in nats: `[..., K]` and `[..., keys + 1]` to `[...]`, float32.

        0 for a boundary.
        """
        raise NotImplementedError

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(target) in nats: `[..., K]` and `[..., keys + 1]` to `[...]`, in float32."""
        end = costs(output[..., self.keys], target[..., self.keys])
        return end + self.keys_nll(output, target)


def costs(output: Tensor, target: Tensor) -> Tensor:
    """−log p of ones and zeros, for their logits: softplus(o) − x o, in float32."""
    return binary_cross_entropy_with_logits(output.float(), target.float(), reduction="none")
