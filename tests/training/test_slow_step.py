"""What takes long is said while it does."""

from rnngen.cli.ui import slowness
from rnngen.training.slow_step import SlowSteps


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def watched():
    clock, told = Clock(), []
    slow = SlowSteps(lambda *what: told.append(what), clock)
    slow._contention.share = lambda: 0.0
    return clock, told, slow


def test_a_first_step_that_does_not_end_is_told():
    clock, told, slow = watched()
    with slow.part("step 1", "a step"):
        clock.now = 4.0
        slow.look()
        assert told == []
        clock.now = 6.0
        slow.look()
    assert told == [("step 1", 6.0, "")]


def test_a_step_is_slow_beside_what_steps_usually_take():
    clock, told, slow = watched()
    for number in range(3):
        with slow.part(f"step {number}", "a step"):
            clock.now += 2.0
    with slow.part("step 4", "a step"):
        clock.now += 9.0
        slow.look()
        assert told == []
        clock.now += 2.0
        slow.look()
    assert told == [("step 4", 11.0, "usually 2.0 s")]


def test_other_programs_are_the_reason_where_they_have_the_cores():
    clock, told, slow = watched()
    slow._contention.share = lambda: 0.9
    with slow.part("step 1", "a step"):
        clock.now = 6.0
        slow.look()
    assert told == [("step 1", 6.0, "other programs use the cores")]


def test_between_parts_nothing_is_slow():
    clock, told, slow = watched()
    clock.now = 100.0
    slow.look()
    assert told == []


def test_the_line_that_a_person_sees():
    said = slowness("step 12", 23.0, "other programs use the cores")
    assert said == "step 12 takes long: 0:23 so far (other programs use the cores)"
    assert slowness("a validation", 75.0, "") == "a validation takes long: 1:15 so far"
