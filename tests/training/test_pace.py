"""Threads are given up where fewer are measured to be faster, and come back."""

import pytest

from rnngen.training.pace import AGAIN, Pace


class Machine:
    """Steps that take as long as it says; its clock is what they took."""

    def __init__(self, taken, seconds):
        self.taken, self.seconds = taken, seconds
        self.used, self.said, self.clock = [], [], 0.0
        self.pace = Pace(2, lambda: self.taken, self.used.append, self.said.append)

    def run(self, seconds):
        end = self.clock + seconds
        while self.clock < end:
            took = self.seconds[self.pace.threads]
            self.clock += took
            self.pace.step(took)


def test_a_quiet_machine_never_tries_fewer_threads():
    machine = Machine(taken=0.05, seconds={1: 0.1, 2: 0.07})
    machine.run(1000)
    assert machine.used == []
    assert machine.said == []


def test_fewer_threads_stay_where_they_are_faster_and_it_is_said_once():
    machine = Machine(taken=0.8, seconds={1: 0.1, 2: 1.0})
    machine.run(2000)
    assert machine.pace.threads == 1
    assert machine.used[0] == 1
    assert machine.said == ["other programs use the cores: 1 of 2 threads are faster now, and used"]


def test_threads_stay_where_fewer_are_not_faster_and_tries_become_rare():
    machine = Machine(taken=0.8, seconds={1: 0.1, 2: 0.09})
    machine.run(100 * AGAIN)
    assert machine.pace.threads == 2
    assert machine.said == []
    # At 1, 3, 7, 15, ... minutes: as many tries as the logarithm of the time.
    assert machine.used.count(1) <= 8


def test_threads_come_back_when_the_cores_are_free():
    machine = Machine(taken=0.8, seconds={1: 0.1, 2: 1.0})
    machine.run(30)
    assert machine.pace.threads == 1
    machine.taken, machine.seconds = 0.0, {1: 0.1, 2: 0.07}
    machine.run(20 * AGAIN)
    assert machine.pace.threads == 2


def test_one_step_of_a_minute_is_evidence_enough():
    machine = Machine(taken=0.8, seconds={1: 0.1, 2: 60.0})
    machine.run(60)
    assert machine.used == [1]


def test_slow_steps_alone_are_no_reason():
    machine = Machine(taken=0.0, seconds={1: 5.0, 2: 60.0})
    machine.run(600)
    assert machine.used == []


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_half_of_the_threads_are_tried(threads):
    used = []
    Pace(threads, lambda: 1.0, used.append, print).step(60.0)
    assert used == [threads // 2]
