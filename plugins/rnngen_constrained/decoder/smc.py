"""Sequential Monte Carlo: a sequence drawn close to the model's distribution of valid ones.

Particles are drawn from what is allowed, and weighted by the probability that was allowed (Gordon
et al. 1993; for language models Lew et al. 2023, arXiv 2306.03081). Where the weights differ too
much, particles are resampled, systematically. The more particles, the closer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen import sharpened, uniforms
from rnngen_constrained.decoder.conditional import Conditional
from rnngen_constrained.decoder.masked import NEVER
from rnngen_constrained.errors import check_open

STREAM = 1 << 40
"""The first random number of a sequence that is used here; exact sampling uses those before."""


@dataclass(frozen=True)
class Drawn:
    """A sequence, ln p of its steps and its end under the model, and the estimate of ln P.

    `end` is None where the sequence was cut off.
    """

    steps: Sequence[int]
    logs: Sequence[float]
    end: float | None
    log_probability: float


class Particles:
    """Draws sequences after one prompt.

    Args:
        target: what is drawn from.
        count: how many particles.
    """

    def __init__(self, target: Conditional, count: int) -> None:
        self._target = target
        self._count = count
        with torch.inference_mode():
            self._first, self._state = target.begin()

    def draw(self, seed: int, sequence: int) -> Drawn:
        """Draws one sequence, the same for the same seed and number."""
        count, machine, engine = self._count, self._target.machine, self._target.engine
        length = self._target.length
        everyone = torch.zeros(count, dtype=torch.int64)
        end = machine.vocabulary.end
        ended = np.zeros(count, bool)
        weights = np.zeros(count)
        steps = np.full((count, 0), end, np.int64)
        logs = np.zeros((count, 0))
        log_probability = 0.0
        with torch.inference_mode():
            output = self._first[everyone]
            state, rows = engine.select(self._state, everyone), machine.start(count)
            for place in range(length + 1):
                if place == length or ended.all():
                    break
                numbers = uniforms(seed, sequence, STREAM + place * (count + 1), count + 1)
                mask = machine.allowed(rows, torch.full((count,), length - place))
                check_open(mask)
                drawn, own, allowed = self._choose(output, mask, numbers[:count])
                drawn[ended], own[ended], allowed[ended] = end, 0.0, 0.0
                weights += allowed
                ended |= drawn == end
                steps = np.concatenate((steps, drawn[:, None]), axis=1)
                logs = np.concatenate((logs, own[:, None]), axis=1)
                taken = torch.from_numpy(drawn)
                rows = machine.advance(rows, taken)
                output, state = engine.step(taken, state)
                output = output.float().cpu()
                share = np.exp(weights - weights.max())
                if share.sum() ** 2 / np.square(share).sum() < count / 2:
                    log_probability += weights.max() + math.log(share.mean())
                    kept = _systematic(share / share.sum(), float(numbers[count]))
                    index = torch.from_numpy(kept)
                    rows, output = machine.select(rows, index), output[index]
                    state = engine.select(state, index)
                    steps, logs, ended = steps[kept], logs[kept], ended[kept]
                    weights = np.zeros(count)
        share = np.exp(weights - weights.max())
        log_probability += weights.max() + math.log(share.mean())
        (last,) = uniforms(seed, sequence, STREAM - 1, 1)
        chosen = int(np.searchsorted(np.cumsum(share / share.sum()), last * (1 - 1e-12)))
        written = steps[chosen] != end
        after = logs[chosen][~written].tolist()  # of the end, then 0 for each step behind it
        return Drawn(
            steps[chosen][written].tolist(),
            logs[chosen][written].tolist(),
            after[0] if after else None,
            log_probability,
        )

    def _choose(
        self, output: torch.Tensor, mask: torch.Tensor, numbers: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """The steps, ln p of each under the model, and ln of the allowed probability."""
        target, end = self._target, self._target.machine.vocabulary.end
        own = output.double().log_softmax(-1)
        scaled = sharpened(output.double(), target.temperature, 0.0)
        if not target.ends:
            scaled[:, end] = NEVER
        scaled = scaled.log_softmax(-1)
        if not target.ends:
            # An end that is the only way on is certain.
            scaled[mask.sum(-1) == 1, end] = 0.0
        masked = torch.where(mask, scaled, -math.inf)
        allowed = masked.logsumexp(-1)
        cumulative = (masked - allowed.unsqueeze(1)).exp().cumsum(-1)
        wanted = torch.from_numpy(numbers).unsqueeze(1) * cumulative[:, -1:]
        drawn = torch.searchsorted(cumulative, wanted, right=True).squeeze(1)
        drawn = drawn.clamp(max=mask.shape[1] - 1)
        taken = own.gather(1, drawn.unsqueeze(1)).squeeze(1)
        return drawn.numpy(), taken.numpy(), allowed.numpy()


def _systematic(shares: NDArray[np.float64], uniform: float) -> NDArray[np.int64]:
    """Indices of the particles that survive (Kitagawa 1996)."""
    count = len(shares)
    places = (np.arange(count) + uniform) / count
    found: NDArray[np.int64] = np.searchsorted(np.cumsum(shares), places).astype(np.int64)
    return np.minimum(found, count - 1)
