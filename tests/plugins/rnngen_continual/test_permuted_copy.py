"""A published result in miniature: the permuted copy task (Ehret et al. 2021)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.permuted_copy import BITS, LEARNED, Patterns, Setting, learn, orders
from rnngen_continual.ewc import EWC
from rnngen_continual.ewc import Options as EWCOptions
from rnngen_continual.naive import Naive

SETTING = Setting(tasks=2, length=2, steps=300)


def test_patterns_are_to_be_written_in_the_order_of_their_task():
    order = [2, 0, 1]
    batch = Patterns(order, seed=1, task=1, count=5).batch(LEARNED, 3)
    read, written = batch.inputs[:3, :, :BITS], batch.targets[4:]
    for place, source in enumerate(order):
        assert torch.equal(written[place], read[source])
    assert batch.inputs[3, :, BITS].eq(1).all(), "the delimiter"
    assert not batch.inputs[3, :, :BITS].any()
    assert not batch.inputs[4:].any(), "nothing is read while the pattern is written"
    assert batch.weights.sum(1).tolist() == [0] * 4 + [32] * 3


@pytest.mark.parametrize("seed", range(3))
def test_orders_are_all_different_and_the_first_is_a_plain_copy(seed):
    found = orders(seed, 6, 3)
    assert found[0] == [0, 1, 2]
    assert len({tuple(order) for order in found}) == 6
    assert np.sort(found, axis=1).tolist() == [[0, 1, 2]] * 6


def test_online_ewc_keeps_what_fine_tuning_forgets_and_still_learns_the_new():
    forgot = learn(Naive(), 0, SETTING)
    kept = learn(EWC(EWCOptions(lambda_=15.0)), 0, SETTING)
    assert min(forgot[0][0], forgot[1][1]) > 0.98, "both are learned"
    assert forgot[1][0] < 0.85, "and the first is forgotten"
    assert kept[0] == forgot[0], "in the first task there is nothing to protect"
    assert min(kept[1]) > 0.95
