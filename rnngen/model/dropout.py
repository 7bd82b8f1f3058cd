"""Dropout (Srivastava et al. 2014) whose mask does not cost more than the layer it follows.

On a processor torch draws a mask number by number: with a stack of 2 x 512 cells that took a sixth
of a training step. Here it is made of random bytes, of which a generator gives eight at a time.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

LEVELS = 256


class Dropout(nn.Module):
    """While training, sets a share of the numbers to 0 and scales the others up to keep the mean.

    The mask follows from torch's random state, from which one number is drawn in each call.

    Args:
        share: of the numbers, rounded to 1/256.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """`x` of any shape, dropped out."""
        if not self.training or self.share == 0.0:
            return x
        if x.device.type != "cpu":
            return nn.functional.dropout(x, self.share)
        dropped = min(max(round(self.share * LEVELS), 1), LEVELS - 1)
        seed = int(torch.randint(2**62, ()))
        noise = np.random.Generator(np.random.SFC64(seed)).bytes(x.numel())
        kept = torch.frombuffer(bytearray(noise), dtype=torch.uint8).view(x.shape) >= dropped
        return x * kept.to(x.dtype).mul_(LEVELS / (LEVELS - dropped))

    def extra_repr(self) -> str:
        """The share, for `print(model)`."""
        return f"share={self.share}"
