"""Independent Bernoulli keys: given the output, the keys of a frame don't depend on each other.

−log p(x) = Σ_k softplus(o_k) − x_k o_k                          (a frame, key by key)
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnngen import sharpened
from rnngen_music.likelihoods.frame import FrameLikelihood, costs


class Bernoulli(FrameLikelihood):
    """Keys that sound or not, independent of each other given the output.

    Args:
        keys: number of keys; a step has one more number, which marks the boundary.
    """

    def __init__(self, keys: int) -> None:
        super().__init__(keys)
        self.size = keys + 1

    def keys_nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of the keys alone, in nats: twice `[..., keys + 1]` to `[...]`, in float32."""
        nats = costs(output[..., :-1], target[..., :-1]).sum(-1)
        return (1 - target[..., -1].float()) * nats

    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """Each key sounds if its uniform number is below its probability.

        At temperature 0, if that is above 1/2. A boundary has no sounding keys.
        """
        if temperature == 0:
            drawn = output > 0
        else:
            drawn = uniform < sharpened(output, temperature, bias).double().sigmoid()
        ends = drawn[..., -1:]
        return torch.cat((drawn[..., :-1] & ~ends, ends), -1).float()
