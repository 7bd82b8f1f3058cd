"""Independent Bernoulli keys: a step is a frame of ones and zeros, 88 of them for a piano.

−log p(x) = Σ_k softplus(o_k) − x_k o_k                          (a frame, key by key)

The last number of a step is no key but says that the document ends: 1 in a boundary, 0 in every
frame. It is a Bernoulli of its own, so that a model learns where pieces end; the keys of a boundary
cost nothing. Published numbers of polyphonic music (Boulanger-Lewandowski et al. 2012) speak of the
keys only: `keys_nll`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from rnngen.likelihoods.likelihood import Likelihood, sharpened

SOUNDING = 4
"""Keys that usually sound at a time."""


class Bernoulli(Likelihood):
    """Keys that sound or not, independent of each other given the output.

    Args:
        keys: how many; a step has one number more, which marks the boundary.
    """

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self.size = keys + 1
        self.step_shape = (keys + 1,)
        self.uniforms = keys + 1

    def embedding(self, width: int) -> nn.Linear:
        """The input layer: a vector for each key, added up, of which a chord has about unit size.

        The default of a linear layer is made for inputs that are all of size one; most keys are 0.
        """
        layer = nn.Linear(self.size, width)
        nn.init.normal_(layer.weight, std=SOUNDING**-0.5)
        nn.init.zeros_(layer.bias)
        return layer

    def keys_nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of the keys alone, in nats: twice `[..., keys + 1]` to `[...]`, in float32."""
        return _costs(output[..., :-1], target[..., :-1]).sum(-1)

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p(target) in nats: twice `[..., keys + 1]` to `[...]`, in float32."""
        ends = target[..., -1]
        return _costs(output[..., -1], ends) + (1 - ends) * self.keys_nll(output, target)

    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """Each key sounds where its uniform number is below its probability.

        At temperature 0, where it is more probable than not. A boundary has no keys.
        """
        if temperature == 0:
            drawn = output > 0
        else:
            drawn = uniform < sharpened(output, temperature, bias).double().sigmoid()
        ends = drawn[..., -1:]
        return torch.cat((drawn[..., :-1] & ~ends, ends), -1).float()


def _costs(output: Tensor, target: Tensor) -> Tensor:
    """−log p of each number, in float32."""
    return binary_cross_entropy_with_logits(output.float(), target.float(), reduction="none")
