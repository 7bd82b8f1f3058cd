"""Keys conditioned on the lower keys of their frame: a NADE on top of the recurrent layers.

Larochelle and Murray 2011 (the neural autoregressive distribution estimator), driven by a recurrent
net as in the RNN-NADE of Boulanger-Lewandowski, Bengio and Vincent 2012:

h_k  = tanh(c + Σ_{j<k} x_j W_j)                      c: part of the output
p_k  = σ(o_k + V_k · h_k)                             o: part of the output
−log p(x) = −Σ_k x_k log p_k + (1 − x_k) log(1 − p_k)

W and V `[keys,H]` belong to the likelihood and are learned with the model. With independent keys
(`bernoulli`), a model that only knows that a chord is C or G draws a mixture of both.

h_k changes only after a key that sounds, and few do. So a frame with S of them needs S + 1 hidden
vectors, not one for each key, and is drawn in S + 1 rounds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rnngen import UsageError, sharpened
from rnngen_music.likelihoods.frame import FrameLikelihood, costs

MOST = 4096
"""Most keys, and most hidden numbers."""


class Nade(FrameLikelihood, nn.Module):
    """Keys in a row, from the lowest to the highest, each conditioned on those below.

    Args:
        keys: number of keys; a step has one more number, which marks the boundary.
        hidden: H, numbers in the hidden vector.

    Raises:
        UsageError: a number is not from 1 to 4096.
    """

    def __init__(self, keys: int, hidden: int = 64) -> None:
        for name, number in (("keys", keys), ("hidden", hidden)):
            if type(number) is not int or not 1 <= number <= MOST:
                raise UsageError(f"`{name}` of `nade` is {number!r}, expected 1 to {MOST}")
        nn.Module.__init__(self)
        FrameLikelihood.__init__(self, keys)
        self.size = keys + 1 + hidden
        self.w = nn.Parameter(torch.empty(keys, hidden))
        self.v = nn.Parameter(torch.empty(keys, hidden))
        # A few sounding keys move h by about one; at the start, keys are nearly independent.
        nn.init.normal_(self.w, std=0.3)
        nn.init.normal_(self.v, std=0.1)

    def keys_nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of the keys alone, in nats: `[..., K]` and `[..., keys + 1]` to `[...]`, float32.

        0 for a boundary.
        """
        keys = self.keys
        with torch.autocast(output.device.type, enabled=False):
            flat = output.float().reshape(-1, self.size)
            frames = target[..., :keys].float().reshape(-1, keys)
            logits = self._logits(flat[:, keys + 1 :], frames) + flat[:, :keys]
            nats = costs(logits, frames).sum(-1).reshape(output.shape[:-1])
            return (1 - target[..., keys].float()) * nats

    def _logits(self, c: Tensor, frames: Tensor) -> Tensor:
        """The term that the lower keys of a frame add to each key's logit: V_k · h_k, `[N,keys]`.

        Args:
            c: `[N,H]`.
            frames: `[N,keys]`, ones and zeros.
        """
        lower = (frames.cumsum(-1) - frames).long()  # [N, keys], sounding keys below each key
        rows, sounding = frames.nonzero(as_tuple=True)
        most = int(frames.sum(-1).max()) if len(frames) else 0
        added = c.new_zeros(len(frames), most + 1, c.shape[-1])
        added = added.index_put((rows, lower[rows, sounding] + 1), self.w[sounding])
        hidden = torch.tanh(c.unsqueeze(1) + added.cumsum(1))  # [N, S+1, H]
        return (hidden @ self.v.T).gather(1, lower.unsqueeze(1)).squeeze(1)

    @torch.no_grad()
    def draw(
        self, output: Tensor, uniform: Tensor, *, temperature: float = 1.0, bias: float = 0.0
    ) -> Tensor:
        """From the lowest key up, each sounds if its uniform number is below its probability.

        At temperature 0, if that is above 1/2, given the keys below. A boundary has no sounding
        keys.
        """
        keys = self.keys
        flat = output.double().reshape(-1, self.size)
        numbers = uniform.reshape(-1, keys + 1)
        w, v = self.w.to(flat), self.v.to(flat)

        def sounds(logits: Tensor, uniform: Tensor) -> Tensor:
            if temperature == 0:
                return logits > 0
            return uniform < sharpened(logits, temperature, bias).sigmoid()

        drawn = flat.new_zeros(len(flat), keys + 1)
        drawn[:, keys] = sounds(flat[:, keys], numbers[:, keys]).double()
        sums = flat[:, keys + 1 :].clone()
        places = torch.arange(keys, device=flat.device)
        decided = (drawn[:, keys] * keys).long()  # [N], keys of each frame decided so far
        while True:
            logits = flat[:, :keys] + torch.tanh(sums) @ v.T
            # Correct up to the first key that sounds; keys above it are computed again.
            on = sounds(logits, numbers[:, :keys]) & (places >= decided.unsqueeze(-1))
            found = on.any(-1)
            rows = found.nonzero().squeeze(-1)
            if not len(rows):
                return drawn.float().reshape(*output.shape[:-1], keys + 1)
            first = on.int().argmax(-1)  # [N]
            drawn[rows, first[rows]] = 1
            sums[rows] += w[first[rows]]
            decided = torch.where(found, first + 1, keys)
