"""Beam search finds what a search over all sequences finds."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from rnngen.components.decoders.beam import Beam
from rnngen.components.decoders.beam import Options as BeamOptions
from rnngen.components.decoders.greedy import Greedy
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import RunError, UsageError
from rnngen.testing.decoders import MarkovEngine

Scored = list[tuple[float, tuple[int, ...]]]


def found(beam: Beam, request: Request, engine: MarkovEngine) -> list[tuple[list[int], float]]:
    sequences: dict[int, tuple[list[int], float]] = {}
    for part in beam.decode(engine, request):
        steps, total = sequences.get(part.rank, ([], 0.0))
        written = steps if part.end else [*steps, part.step]
        sequences[part.rank] = (written, total + part.log_probability)
    return [sequences[rank] for rank in sorted(sequences)]


def log_p(engine: MarkovEngine, prompt: list[int], steps: tuple[int, ...]) -> float:
    output, state = engine.read(torch.tensor(prompt)[:, None], engine.start(1))
    total = 0.0
    for step in steps:
        total += float(output.double().log_softmax(-1)[0, step])
        output, state = engine.step(torch.tensor([step]), state)
    return total


def every_sequence(
    engine: MarkovEngine, prompt: list[int], length: int, end: int | None, alpha: float = 0.0
) -> Scored:
    """All sequences with their scores, best first: those that end and those that are cut."""

    def score(total: float, count: int) -> float:
        return float(total / ((5 + count) / 6) ** alpha)

    scored: Scored = []
    steps = [step for step in range(engine.size) if step != end]
    for steps_of in itertools.product(steps, repeat=length):
        scored.append((score(log_p(engine, prompt, steps_of), length), steps_of))
    if end is not None:
        for count in range(length):
            for steps_of in itertools.product(steps, repeat=count):
                total = log_p(engine, prompt, (*steps_of, end))
                scored.append((score(total, count), steps_of))
    return sorted(scored, reverse=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_is_an_exhaustive_search(seed: int) -> None:
    engine = MarkovEngine(size=3, seed=seed)
    expected = every_sequence(engine, [0, 1], 4, None)[:5]
    results = found(Beam(BeamOptions(width=81, n_best=5)), Request([[0, 1]], 4), engine)
    assert [tuple(steps) for steps, _ in results] == [steps for _, steps in expected]
    for (_, total), (score, _) in zip(results, expected, strict=True):
        assert total == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_with_ends_and_length_penalty_is_exhaustive(seed: int, alpha: float) -> None:
    engine = MarkovEngine(size=4, seed=seed)
    expected = every_sequence(engine, [0], 4, 3, alpha)[:6]
    request = Request([[0]], 4, ends=frozenset({3}), tell_end=True)
    beam = Beam(BeamOptions(width=200, n_best=6, length_penalty=alpha))
    results = found(beam, request, engine)
    assert [tuple(steps) for steps, _ in results] == [steps for _, steps in expected]
    for (steps, total), (score, _) in zip(results, expected, strict=True):
        assert total / ((5 + len(steps)) / 6) ** alpha == pytest.approx(score, abs=1e-5)


def test_the_empty_sequence_is_one_of_the_best_with_the_probability_of_its_end() -> None:
    engine = MarkovEngine(size=3, seed=2)
    engine.table[0, 0, 2] = 9.0
    request = Request([[0]], 3, ends=frozenset({2}), best=3, tell_end=True)
    (steps, total), *others = found(Beam(), request, engine)
    assert steps == []
    assert total == pytest.approx(float(engine.table[0, 0].double().log_softmax(-1)[2]), abs=1e-6)
    assert len(others) == 2


def test_any_of_several_ends_will_do_so_their_probabilities_add_up() -> None:
    engine = MarkovEngine(size=4, seed=3)
    ends = frozenset({2, 3})
    p = engine.table[0, 0].double().softmax(-1)
    (empty,) = [
        total
        for steps, total in found(
            Beam(), Request([[0]], 2, ends=ends, best=4, tell_end=True), engine
        )
        if not steps
    ]
    assert empty == pytest.approx(math.log(p[2] + p[3]), abs=1e-5)
    for row in range(30):
        first, *_ = Sample().decode(engine, Request([[0]], 2, first=row, ends=ends, tell_end=True))
        if first.end:
            assert first.log_probability == pytest.approx(math.log(p[2] + p[3]), abs=1e-5)


def test_the_request_may_say_how_many_of_the_best_are_wanted() -> None:
    engine = MarkovEngine()
    asked = found(Beam(), Request([[0]], 4, best=3), engine)
    assert asked == found(Beam(BeamOptions(n_best=3)), Request([[0]], 4), engine)
    assert len(found(Beam(BeamOptions(n_best=3)), Request([[0]], 4, best=3), engine)) == 3
    with pytest.raises(UsageError, match="3 sequences are wanted, but `n_best` is 2"):
        found(Beam(BeamOptions(n_best=2)), Request([[0]], 4, best=3), engine)
    with pytest.raises(UsageError, match="`width` is 4") as caught:
        found(Beam(), Request([[0]], 4, best=9), engine)
    assert caught.value.hint == "`-o width=9`"


def test_a_beam_that_does_not_fit_into_memory_is_refused_before_it_begins() -> None:
    with pytest.raises(UsageError, match=r"a beam of width 4 over 100,000,000,000 steps.* TB"):
        found(Beam(), Request([[0]], 10**11), MarkovEngine())


@pytest.mark.parametrize("seed", range(6))
def test_a_narrow_beam_never_finds_more_than_there_is_nor_less_than_greedy(seed: int) -> None:
    engine = MarkovEngine(size=5, seed=seed)
    best = every_sequence(engine, [0], 5, None)[0][0]
    totals = [
        found(Beam(BeamOptions(width=width)), Request([[0]], 5), engine)[0][1]
        for width in (1, 5, 5**5)
    ]
    greedy = list(Greedy().decode(engine, Request([[0]], 5)))
    assert totals[0] == pytest.approx(sum(part.log_probability for part in greedy), abs=1e-5)
    assert max(totals) <= best + 1e-5
    assert totals[-1] == pytest.approx(best, abs=1e-5)


def test_the_best_come_first_and_are_all_different() -> None:
    results = found(Beam(BeamOptions(width=20, n_best=12)), Request([[0]], 6), MarkovEngine())
    totals = [total for _, total in results]
    assert totals == sorted(totals, reverse=True)
    assert len({tuple(steps) for steps, _ in results}) == 12


def test_a_length_penalty_favours_longer_sequences() -> None:
    lengths = []
    for alpha in (0.0, 1.0, 4.0):
        request = Request([[0]], 12, ends=frozenset({3}))
        results = found(Beam(BeamOptions(50, 1, alpha)), request, MarkovEngine(scale=0.5))
        lengths.append(len(results[0][0]) if results else 0)
    assert lengths == sorted(lengths)
    assert lengths[-1] > lengths[0]


def test_fewer_sequences_than_asked_for_are_all_that_there_are() -> None:
    request = Request([[0]], 2, forbidden=frozenset(range(7)) - {1, 2})
    results = found(Beam(BeamOptions(width=50, n_best=50)), request, MarkovEngine())
    assert {tuple(steps) for steps, _ in results} == set(itertools.product((1, 2), repeat=2))


def test_more_sequences_than_beginnings_are_refused() -> None:
    with pytest.raises(UsageError, match="n_best"):
        Beam(BeamOptions(width=2, n_best=3))


def test_a_model_that_gives_no_numbers_is_an_error_that_says_so() -> None:
    engine = MarkovEngine()
    engine.table[0, 0] = math.nan
    with pytest.raises(RunError, match="not a number"):
        found(Beam(), Request([[0]], 3), engine)
