"""A share of the benchmark `forged_runs`: a forged run is read or refused, and ends nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.forged_runs import COMMANDS, Yard

COUNT = 300
QUICK = ("generate", "show the newest", "chat", "fit --resume", "fit --from", "generate")
"""Those that draw no picture, and `show` where one is drawn for one in five."""


@pytest.fixture(scope="module")
def yard():
    yard = Yard()
    yield yard
    yard.close()


def test_commands_do_their_work_with_a_run_that_nobody_forged(yard):
    for number in range(len(COMMANDS)):
        trial = replace(yard.trial(number), base="plain", file="log.txt", way="append")
        assert (trial.command, yard.outcome(trial)) == (trial.command, "done")


def test_forged_runs_are_read_or_refused(yard, monkeypatch):
    monkeypatch.setattr(yard, "commands", QUICK)
    outcomes = {}
    for number in range(COUNT):
        trial = yard.trial(number)
        outcomes[str(trial)] = yard.outcome(trial)
    assert {key: what for key, what in outcomes.items() if what not in ("done", "refused")} == {}
    assert set(outcomes.values()) == {"done", "refused"}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("open('/dev/shm/outside-of-all', 'w')", "writes /dev/shm/outside-of-all"),
        ("os.mkdir('../outside')", "os.mkdir ../outside"),
        ("subprocess.run(['true'])", "starts"),
        ("__import__('rnngen_planted')", "imports what a forged name points to"),
        ("1 / 0", "exit code 70"),
    ],
)
def test_what_must_not_happen_is_noticed(yard, monkeypatch, what, said):
    def forger(*_, **__):
        import os  # noqa: F401
        import subprocess  # noqa: F401

        eval(what)

    monkeypatch.setattr("rnngen.bundles.bundle.load", forger)
    monkeypatch.setattr(yard, "commands", ("generate",))
    outcome = yard.outcome(yard.trial(0))
    assert outcome.startswith("wrong: ")
    assert said in outcome
