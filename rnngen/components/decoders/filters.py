"""Filters: what may be drawn. Each takes unnormalised log-probabilities `[B,K]` and gives a new
tensor of the same shape, in which −∞ is never drawn; rows do not see each other.

Steps that are as probable as the last one kept are kept too: what is kept does not depend on the
order in which a sorting routine puts equals.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SEARCHED = 256
"""Number of most probable steps that `keep_top_p` tries before sorting all."""


def forbid(logits: Tensor, steps: Tensor) -> Tensor:
    """Without the steps `[N]` int64."""
    return logits.index_fill(-1, steps, -math.inf) if len(steps) else logits


def penalize(logits: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """log p multiplied by `penalty` where `seen [B,K]` bool: p becomes p^penalty.

    Keskar et al., "CTRL", 2019, section 4.1, where unnormalised scores are divided: that depends on
    an arbitrary offset of the scores, this does not.
    """
    log_p = logits.log_softmax(-1)
    return torch.where(seen, log_p * penalty, log_p)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The k most probable steps (Fan et al. 2018)."""
    if k >= logits.shape[-1]:
        return logits
    threshold = logits.topk(k, dim=-1).values[:, -1:]
    return logits.masked_fill(logits < threshold, -math.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """The nucleus: the smallest set of most probable steps with at least probability `p`.

    Holtzman et al., "The curious case of neural text degeneration", 2020, equation 2.
    """
    probabilities = logits.softmax(-1)
    size = logits.shape[-1]
    count = min(SEARCHED, size)
    while True:
        highest = probabilities.topk(count, dim=-1).values
        mass = highest.cumsum(-1, dtype=torch.float64)
        # The last one kept is the first with which the mass reaches p.
        last = (mass < p).sum(-1, keepdim=True)
        if count == size or int(last.max()) < count:
            threshold = highest.gather(-1, last.clamp(max=count - 1))
            return logits.masked_fill(probabilities < threshold, -math.inf)
        count = size


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """The steps at least `p` times as probable as the most probable one (Nguyen et al. 2024)."""
    threshold = logits.max(-1, keepdim=True).values + math.log(p)
    return logits.masked_fill(logits < threshold, -math.inf)
