"""What each strategy recovers of what fine-tuning forgets, on three made-up languages."""

from __future__ import annotations

import pytest

NAIVE = ("naive",)
JOINT = ((0, 1, 2),)


def recovered(learn, strategies, *options):
    """Share of the gap between fine-tuning and joint training."""
    naive, joint = learn("naive").average, learn("", arrangement=JOINT).average
    return (naive - learn(strategies, *options).average) / (naive - joint)


def test_fine_tuning_forgets_and_joint_training_does_not(learn):
    naive, joint = learn("naive"), learn("", arrangement=JOINT)
    assert naive.backward_transfer <= -3.0
    assert joint.average < naive.average - 1.5


@pytest.mark.parametrize(
    ("strategies", "options", "share"),
    [
        ("ewc", ("ewc.lambda=5",), 0.25),
        ("si", (), 0.15),
        ("mas", ("mas.lambda=0.2",), 0.10),
        ("lwf", (), 0.30),
        ("agem", ("agem.memory=4%",), 0.15),
        ("replay", ("replay.memory=4%",), 0.75),
        ("self-replay", (), 0.60),
        ("replay+ewc", ("replay.memory=4%",), 0.60),
    ],
)
def test_strategy_recovers_its_share_of_what_is_forgotten(learn, strategies, options, share):
    assert recovered(learn, strategies, *options) >= share


def test_replay_keeps_as_much_as_it_was_allowed(learn):
    outcome = learn("replay", "replay.memory=4%")
    assert 0.035 * 3 * 39_600 <= outcome.memory_tokens <= 0.045 * 3 * 39_600
    assert outcome.memory_bytes < 1.5 * outcome.memory_tokens


@pytest.mark.parametrize("strategies", ["naive", "self-replay", "lwf"])
def test_strategy_that_says_so_stores_no_data(learn, strategies):
    outcome = learn(strategies)
    assert outcome.memory_tokens == outcome.memory_bytes == 0
