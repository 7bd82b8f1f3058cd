"""A limit of time is kept where steps are slow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.training.time_limit import FEWEST, RESERVED, TimeLimit


def trained(limit, step, tokens, held_out):
    """Seconds used by steps of that length, until the limit says that it is over."""
    used = 0.0
    while limit.share(used, held_out) < 1.0 and not limit.is_over(used, held_out):
        used += step
        limit.add_step(step, tokens)
    return used


def test_steps_of_twenty_seconds_end_within_sixty():
    assert trained(TimeLimit(60.0), 20.0, 2048, held_out=0) == 60.0


def test_no_step_is_begun_that_would_end_late():
    assert trained(TimeLimit(60.0), 25.0, 2048, held_out=0) == 50.0


def test_the_first_step_is_always_done():
    assert trained(TimeLimit(60.0), 300.0, 2048, held_out=0) == 300.0


def test_the_closing_validation_is_kept_free():
    # A step reads 100 tokens a second, so that a forward pass over 2,700 takes 9 seconds.
    assert trained(TimeLimit(60.0), 10.0, 1000, held_out=2700) == 50.0


def test_what_a_validation_took_counts_for_more_than_what_was_expected():
    limit = TimeLimit(60.0)
    limit.add_step(10.0, 1000)
    limit.add_validation(25.0)
    assert limit.reserved(2700) == 25.0
    limit.add_validation(45.0)
    assert limit.reserved(2700) == RESERVED * 60.0


def test_slow_validations_look_at_fewer_tokens_and_quick_ones_at_all():
    limit = TimeLimit(60.0)
    assert limit.validated(100_000) == 100_000  # nothing is known yet
    limit.add_step(1.0, 1000)
    # 6 seconds are a tenth; a token takes a third of a millisecond.
    assert limit.validated(100_000) == 18_000
    assert limit.validated(5000) == 5000
    limit.add_step(1000.0, 1)
    assert limit.validated(100_000) == FEWEST


@given(
    step=st.floats(0.01, 100.0),
    seconds=st.floats(1.0, 200.0),
    held_out=st.integers(0, 100_000),
)
def test_steps_as_long_as_each_other_never_end_late(step, seconds, held_out):
    limit = TimeLimit(seconds)
    used = trained(limit, step, 1000, held_out)
    assert used <= max(step, seconds - limit.reserved(held_out)) + 1e-6


@pytest.mark.parametrize("held_out", [0, 1000])
def test_without_a_limit_nothing_is_ever_over(held_out):
    limit = TimeLimit(None)
    limit.add_step(1e9, 1)
    assert limit.share(1e9, held_out) == 0.0
    assert not limit.is_over(1e9, held_out)
    assert limit.validated(held_out) == held_out
