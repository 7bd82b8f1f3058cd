"""What is left of a comparison is told from what was measured."""

from __future__ import annotations

import pytest

from rnngen.verbs.continual.clock import Clock, in_words
from rnngen.verbs.continual.methods import Method
from rnngen.verbs.continual.trials import all_trials

METHODS = [Method("naive", ()), Method("ewc", ())]


def test_a_method_is_as_slow_as_it_was_and_an_unknown_one_as_the_others() -> None:
    trials = all_trials(METHODS, [0, 1], [(0, 1)])
    clock = Clock(trials, lambda trial: 2.0)
    assert clock.left() is None
    clock.finished(trials[0], 10.0)
    assert clock.left() == pytest.approx(3 * 10)
    clock.finished(trials[1], 20.0)
    assert clock.left() == pytest.approx(10 + 20)
    clock.dropped(trials[3])
    assert clock.left() == pytest.approx(10)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(40, "40 seconds"), (100, "1.7 minutes"), (2400, "40 minutes"), (9000, "2.5 hours")],
)
def test_durations_are_said_in_a_unit_that_suits_them(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
