"""Greedy decoding takes the most probable step."""

from __future__ import annotations

import torch

from rnngen.components.decoders.greedy import Greedy
from rnngen.contracts.decoder import Request
from rnngen.testing.decoders import MarkovEngine


def test_every_step_is_the_most_probable_that_is_allowed() -> None:
    engine = MarkovEngine(seed=4)
    forbidden = frozenset({1, 3})
    before, last = 0, 0
    for part in Greedy().decode(engine, Request([[0]], 40, forbidden=forbidden)):
        scores = engine.table[before, last].clone()
        scores[list(forbidden)] = -torch.inf
        assert part.step == int(scores.argmax())
        before, last = last, part.step


def test_the_seed_plays_no_part_and_equal_prompts_give_equal_sequences() -> None:
    one, two = (
        [part.step for part in Greedy().decode(MarkovEngine(), Request([[0]], 20, seed=seed))]
        for seed in (0, 1)
    )
    assert one == two
    rows: list[list[int]] = [[], []]
    for part in Greedy().decode(MarkovEngine(), Request([[0], [0]], 20)):
        rows[part.row].append(part.step)
    assert rows == [one, one]


def test_of_equals_the_lower_number_is_taken() -> None:
    engine = MarkovEngine(scale=0)
    steps = [part.step for part in Greedy().decode(engine, Request([[0]], 5))]
    assert steps == [0] * 5
