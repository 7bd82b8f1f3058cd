"""Sampling draws from the distribution that its options describe."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from rnngen.components.decoders.sample import Options, Sample, Sampler, Seen
from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import RunError, UsageError
from rnngen.contracts.options import build
from rnngen.testing.decoders import MarkovEngine

COUNT = 6000


def drawn(request: Request, engine: MarkovEngine | None = None, **options: Any) -> list[list[int]]:
    sequences: list[list[int]] = [[] for _ in request.prompts]
    for part in Sample(Options(**options)).decode(engine or MarkovEngine(), request):
        sequences[part.row].append(part.step)
    return sequences


def assert_drawn_from(expected: Tensor, steps: list[int]) -> None:
    counts = Counter(steps)
    observed = np.array([counts[step] for step in range(len(expected))])
    possible = (expected > 0).numpy()
    assert observed[~possible].sum() == 0
    wanted = expected.double().numpy()[possible]
    if possible.sum() > 1:
        wanted = wanted / wanted.sum() * len(steps)
        assert stats.chisquare(observed[possible], wanted).pvalue > 0.001


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_steps_follow_the_softmax_at_that_temperature(temperature: float) -> None:
    engine = MarkovEngine()
    sequences = drawn(Request([[2, 1]] * COUNT, 2, seed=11), temperature=temperature)
    expected = (engine.table[2, 1] / temperature).softmax(-1)
    assert_drawn_from(expected, [steps[0] for steps in sequences])
    # The second step depends on the first: given it, it follows its own softmax.
    most = int(expected.argmax())
    given = [steps[1] for steps in sequences if steps[0] == most]
    assert_drawn_from((engine.table[1, most] / temperature).softmax(-1), given)


def test_every_step_of_one_long_sequence_follows_the_softmax() -> None:
    engine = MarkovEngine(seed=3)
    (steps,) = drawn(Request([[0]], COUNT, seed=1), engine)
    following: dict[tuple[int, int], list[int]] = {}
    for before, last, step in zip(steps, steps[1:], steps[2:], strict=False):
        following.setdefault((before, last), []).append(step)
    contexts = sorted(following, key=lambda pair: -len(following[pair]))[:5]
    for context in contexts:
        assert_drawn_from(engine.table[context].softmax(-1), following[context])


def test_forbidden_steps_share_their_probability_among_the_others() -> None:
    request = Request([[2, 1]] * COUNT, 1, forbidden=frozenset({0, 4}))
    expected = MarkovEngine().table[2, 1].softmax(-1)
    expected[[0, 4]] = 0
    assert_drawn_from(expected, [steps[0] for steps in drawn(request)])


def reference(
    output: list[float],
    seen: set[int],
    order: str = "repetition temperature k p min",
    **options: Any,
) -> list[float]:
    """The distribution drawn from, by a loop over the filters in the documented order."""
    values = Options(**options)
    log_p = torch.tensor(output).double().log_softmax(-1).tolist()
    for stage in order.split():
        total = math.fsum(math.exp(value) for value in log_p)
        p = [math.exp(value) / total for value in log_p]
        log_p = [value - math.log(total) for value in log_p]
        ranked = sorted(p, reverse=True)
        keep = [True] * len(p)
        if stage == "repetition":
            log_p = [
                value * values.repetition_penalty if step in seen else value
                for step, value in enumerate(log_p)
            ]
        elif stage == "temperature":
            log_p = [value / values.temperature for value in log_p]
        elif stage == "k" and values.top_k:
            keep = [value >= ranked[values.top_k - 1] for value in p]
        elif stage == "p" and values.top_p < 1:
            mass = 0.0
            for value in ranked:
                mass += value
                if mass >= values.top_p:
                    break
            keep = [one >= value for one in p]
        elif stage == "min":
            keep = [value >= values.min_p * ranked[0] for value in p]
        log_p = [value if flag else -math.inf for value, flag in zip(log_p, keep, strict=True)]
    total = math.fsum(math.exp(value) for value in log_p)
    return [math.exp(value) / total for value in log_p]


OUTPUT = [2.0, 1.6, 1.1, 0.4, -0.3, -1.0, -2.2]
ALL = {
    "temperature": 1.7,
    "top_k": 5,
    "top_p": 0.8,
    "min_p": 0.35,
    "repetition_penalty": 1.6,
}


def sampler_distribution(**options: Any) -> list[float]:
    sampler = Sampler(Options(**options), frozenset(), 1, len(OUTPUT))
    for step in (1, 3):
        sampler.read(torch.tensor([step]))
    result: list[float] = sampler.reshape(torch.tensor([OUTPUT])).softmax(-1)[0].tolist()
    return result


@pytest.mark.parametrize("names", [[], *([name] for name in ALL), list(ALL)], ids=str)
def test_options_reshape_the_distribution_as_documented(names: list[str]) -> None:
    options = {name: ALL[name] for name in names}
    assert sampler_distribution(**options) == pytest.approx(
        reference(OUTPUT, {1, 3}, **options), abs=1e-6
    )


@pytest.mark.parametrize(
    "order",
    [
        "temperature repetition k p min",
        "repetition k p min temperature",
        "repetition temperature p k min",
        "repetition temperature k min p",
    ],
)
def test_the_order_of_the_filters_is_the_documented_one(order: str) -> None:
    # For every two neighbours some options tell their order apart; the documented one holds.
    options: dict[str, Any] = {
        "temperature repetition k p min": {"temperature": 1.7, "repetition_penalty": 1.6},
        "repetition k p min temperature": {"temperature": 2.5, "top_p": 0.6},
        "repetition temperature p k min": {"top_k": 3, "top_p": 0.75},
        "repetition temperature k min p": {"min_p": 0.4, "top_p": 0.78},
    }[order]
    documented = reference(OUTPUT, {1, 3}, **options)
    assert sampler_distribution(**options) == pytest.approx(documented, abs=1e-6)
    other = reference(OUTPUT, {1, 3}, order, **options)
    assert other != pytest.approx(documented, abs=1e-3), "these options tell nothing apart"


def test_temperature_zero_is_greedy() -> None:
    engine = MarkovEngine()
    (steps,) = drawn(Request([[0]], 30), engine, temperature=0)
    before, last = 0, 0
    for step in steps:
        assert step == int(engine.table[before, last].argmax())
        before, last = last, step


def test_repeated_steps_are_those_within_the_window_of_prompt_and_text() -> None:
    for window in (0, 1, 3):
        seen = Seen(2, 5, window)
        history = [[0, 1, 1, 2, 3, 3, 3, 4], [4, 4, 4, 0, 2, 1, 0, 0]]
        for time in range(8):
            seen.add(torch.tensor([history[0][time], history[1][time]]))
            for row in range(2):
                past = history[row][: time + 1]
                expected = set(past[-window:] if window else past)
                assert set(seen.mask[row].nonzero().flatten().tolist()) == expected
        seen.keep(torch.tensor([1]))
        seen.add(torch.tensor([3]))
        past = [*history[1], 3]
        expected = set(past[-window:] if window else past)
        assert set(seen.mask[0].nonzero().flatten().tolist()) == expected


def test_a_strong_penalty_on_the_prompt_keeps_its_steps_away() -> None:
    options = {"repetition_penalty": 10.0, "repetition_window": 0}
    for steps in drawn(Request([[0, 3, 5]] * 50, 1), **options):
        assert steps[0] not in (0, 3, 5)


def test_stop_ends_a_sequence_after_the_step_and_leaves_the_others_alone() -> None:
    free = drawn(Request([[0]] * 9, 25, seed=2))
    seen: list[tuple[int, int]] = []

    def stop(row: int, step: int) -> bool:
        seen.append((row, step))
        return step == 6 and row % 3 != 0

    stopped = drawn(Request([[0]] * 9, 25, seed=2, stop=stop))
    for row, steps in enumerate(free):
        end = steps.index(6) + 1 if 6 in steps and row % 3 else 25
        assert stopped[row] == steps[:end]
        assert [step for r, step in seen if r == row] == stopped[row]
    assert any(len(steps) < 25 for steps in stopped)


def test_rows_with_longer_prompts_write_the_whole_length() -> None:
    prompts = [[0, 1, 2, 3], [0, 1], [0, 1, 5], [0, 1]]
    together = drawn(Request(prompts, 8, seed=5))
    for row, prompt in enumerate(prompts):
        assert [together[row]] == drawn(Request([prompt], 8, seed=5, first=row))


def test_requests_that_make_no_sense_are_refused() -> None:
    for request, message in (
        (Request([[]], 3), "prompt 0 is empty"),
        (Request([[0], [9]], 3), "step 9"),
        (Request([[0]], 3, seed=-1), "seed is -1"),
        (Request([[0]], 3, seed=2**64), "seed is"),
        (Request([[0]], 3, forbidden=frozenset(range(7))), "every step is forbidden"),
    ):
        with pytest.raises(UsageError, match=message):
            drawn(request)


def test_a_model_that_gives_no_numbers_is_an_error_that_says_so() -> None:
    engine = MarkovEngine()
    engine.table[0, 0] = math.nan
    for options in ({}, {"temperature": 0}, {"top_p": 0.5}, {"top_k": 2}, {"min_p": 0.1}):
        with pytest.raises(RunError, match="not a number"):
            drawn(Request([[0]] * 3, 3), engine, **options)


def test_options_out_of_bounds_are_refused() -> None:
    for name, value in (("temperature", -1), ("top_p", 1.1), ("top_k", -2), ("min_p", 2)):
        with pytest.raises(UsageError, match=name):
            build(Options, {name: value}, "decoder `sample`")
