"""The learning rate over a budget."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.kernel.core_options import TrainOptions
from rnngen.training.schedule import rate


def test_cosine_is_the_published_curve_after_a_linear_warmup():
    options = TrainOptions(schedule="cosine", warmup=0.1, decay=1.0)
    assert rate(0.05, options) == pytest.approx(0.5)
    assert rate(0.1, options) == pytest.approx(1.0)
    middle = (0.4 - 0.1) / 0.9
    assert rate(0.4, options) == pytest.approx((1 + math.cos(math.pi * middle)) / 2)
    assert rate(1.0, options) == pytest.approx(0.0)


def test_constant_then_decay_holds_the_rate_until_the_decay():
    options = TrainOptions(schedule="linear", warmup=0.0, decay=0.2, final_rate=0.1)
    assert rate(0.79, options) == 1.0
    assert rate(0.9, options) == pytest.approx(0.55)
    assert rate(1.0, options) == pytest.approx(0.1)


def test_a_constant_schedule_stays():
    assert rate(1.0, TrainOptions(schedule="constant", warmup=0.0)) == 1.0


@given(
    progress=st.floats(-1, 2),
    warmup=st.floats(0, 1),
    decay=st.floats(0, 1),
    final=st.floats(0, 1),
    schedule=st.sampled_from(["cosine", "linear", "constant"]),
)
def test_the_rate_always_lies_between_nothing_and_the_highest(
    progress, warmup, decay, final, schedule
):
    options = TrainOptions(warmup=warmup, decay=decay, final_rate=final, schedule=schedule)
    assert 0.0 <= rate(progress, options) <= 1.0
