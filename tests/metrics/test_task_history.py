"""The stream of losses after a switch, and the sizes of what strategies keep."""

from __future__ import annotations

import pytest
import torch

from rnngen.metrics.task_history import Stream, size_of


def streamed(losses):
    stream = Stream()
    for loss in losses:
        stream.add(torch.tensor(float(loss)))
    return stream


def test_loss_after_a_switch_is_the_mean_of_ten_batches_and_recovery_when_it_reaches_the_mean():
    stream = streamed([5.0] * 5 + [3.0] * 5 + [2.5] * 10 + [2.0] * 10 + [1.0] * 30)
    assert stream.after_switch == pytest.approx(4.0)
    # Blocks 4, 2.5, 2, 1, 1, 1: their mean is 1.92, reached by the fourth.
    assert stream.recovered == 40


def test_stream_that_only_rises_was_recovered_at_once():
    assert streamed(range(100)).recovered == 10


def test_short_stream_says_nothing():
    stream = streamed([1.0] * 9)
    assert stream.after_switch is None
    assert stream.recovered is None


@pytest.mark.parametrize("count", [0, 7, 25])
def test_stream_comes_back_from_its_state(count):
    stream = streamed([0.1 * number for number in range(count)])
    again = Stream.of(stream.state_dict(), torch.device("cpu"))
    for each in (stream, again):
        for number in range(13):
            each.add(torch.tensor(float(number)))
    assert again.blocks == stream.blocks


def test_size_counts_the_tensors_of_nested_states():
    state = {"a": torch.zeros(3), "b": [torch.zeros(2, dtype=torch.uint8), {"c": 1}], "d": "x"}
    assert size_of(state) == 12 + 2
