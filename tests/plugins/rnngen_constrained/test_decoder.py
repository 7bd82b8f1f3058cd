"""The decoder `constrained`: valid, within the length, and the same alone and among others."""

from __future__ import annotations

import math
import re
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import Vocabulary
from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import UsageError
from rnngen.testing import decoders as contract
from rnngen.testing.decoders import CHECKS, MarkovEngine
from rnngen_constrained.decoder.conditional import Conditional
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.decoder.smc import Particles
from rnngen_constrained.errors import Contradiction, EmptyLanguage, TooShort
from tests.plugins.rnngen_constrained.test_regex import patterns
from tests.plugins.rnngen_constrained.vocabularies import characters, sequences, text_of

SIZE = contract.SIZE
PLAIN = Vocabulary([b""] * SIZE, [str(step) for step in range(SIZE)], 0)
LETTERS = characters("abcdef")
BASES = {
    "sample": {},
    "warm": {"temperature": 1.5},
    "filtered": {"top_k": 3, "top_p": 0.9},
    "greedy": {"base": "greedy"},
    "beam": {"base": "beam", "width": 3, "n_best": 2},
    "exact": {"sampling": "exact", "effort": 300},
    "particles": {"sampling": "exact", "effort": 1, "particles": 8},
}


def made(vocabulary, **options):
    decoder = Constrained(options=ConstrainedOptions(**options))
    notes = []
    decoder.bind(vocabulary, notes.append)
    return decoder, notes


def written(decoder, request, vocabulary=LETTERS, engine=None):
    found = {}
    for emission in decoder.decode(engine or MarkovEngine(), request):
        found.setdefault((emission.row, emission.rank), []).append(emission.step)
    return {
        key: b"".join(vocabulary.tokens[step] for step in steps).decode()
        for key, steps in found.items()
    }


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
@pytest.mark.parametrize("base", ["sample", "greedy", "filtered", "beam", "exact"])
def test_without_constraints_it_keeps_the_contract_of_a_decoder(check, base):
    check(lambda: made(PLAIN, **BASES[base])[0])


@settings(max_examples=40, deadline=None)
@given(patterns, st.integers(0, 2**63), st.sampled_from(list(BASES)), st.booleans())
def test_every_sequence_is_valid_and_ends_within_the_length(pattern, seed, base, ends):
    vocabulary = characters("ab1é.\n")
    decoder, _ = made(vocabulary, regex=pattern, **BASES[base])
    request = Request([[0]] * 3, 1, seed, ends=frozenset({0} if ends else ()))
    try:
        machine, _ = decoder._machine(request)
    except EmptyLanguage:
        texts = (text_of(vocabulary, steps) for steps in sequences(vocabulary, 3))
        assert not any(re.fullmatch(pattern, text) for text in texts)
        return
    least = int(machine.needed(machine.start(1))[0])
    for length in (max(1, least), least + 4):
        request.length = length
        texts = written(decoder, request, vocabulary, MarkovEngine(seed=seed % 7, scale=4))
        for row in range(3):
            text = texts.get((row, 0), "")
            assert len(text) <= length
            assert re.fullmatch(pattern, text), (text, pattern)
    if least > 1:
        request.length = least - 1
        with pytest.raises(TooShort, match=f"has {least} tokens"):
            list(decoder.decode(MarkovEngine(), request))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("ends", [True, False])
def test_a_sequence_is_the_same_alone_and_in_any_batch(base, ends):
    options = {"regex": "(a|bc)*d+[ef]?", "must_include": ("cb",), **BASES[base]}
    prompts = [[0], [0, 1], [2], [0, 1, 2, 3], [0], [0]] * 2
    request = Request(prompts, 12, seed=3, ends=frozenset({0} if ends else ()))
    together = written(made(LETTERS, **options)[0], request)
    for row, prompt in enumerate(prompts):
        alone = Request([prompt], 12, seed=3, first=row, ends=request.ends)
        texts = written(made(LETTERS, **options)[0], alone)
        assert texts == {(0, rank): text for (r, rank), text in together.items() if r == row}


def test_a_model_that_knows_no_ends_writes_as_long_as_it_may():
    decoder, _ = made(LETTERS, regex="(ab)*c?")
    texts = written(decoder, Request([[0]] * 5, 9))
    assert all(len(text) == 9 or text.endswith("c") for text in texts.values())
    assert all(re.fullmatch("(ab)*c?", text) for text in texts.values())


def test_forbidden_steps_are_one_more_constraint():
    decoder, _ = made(LETTERS, regex="(a|b)*(c|d)")
    texts = written(decoder, Request([[0]] * 9, 5, forbidden=frozenset({2, 3})))
    assert all(re.fullmatch("a*d", text) for text in texts.values())
    with pytest.raises(Contradiction, match="forbidden steps"):
        list(decoder.decode(MarkovEngine(), Request([[0]], 5, forbidden=frozenset({3, 4}))))


def probabilities(engine, valid, length, ends):
    """p(x) of every valid sequence, by enumeration."""
    found = {}

    def follow(steps, output, state, log):
        logs = output[0].double()
        if not ends:
            logs = logs.clone()
            logs[0] = -math.inf
        logs = logs.log_softmax(-1)
        goes_on = len(steps) < length and any(
            valid(steps + list(rest))
            for count in range(1, length - len(steps) + 1)
            for rest in product(range(1, SIZE), repeat=count)
        )
        if valid(steps):
            if len(steps) == length or (not ends and not goes_on):
                found[tuple(steps)] = math.exp(log)
                return
            if ends:
                found[tuple(steps)] = math.exp(log + float(logs[0]))
        if not goes_on:
            return
        for step in range(1, SIZE):
            after, new = engine.step(torch.tensor([step]), state)
            follow([*steps, step], after, new, log + float(logs[step]))

    output, state = engine.read(torch.tensor([[0]]), engine.start(1))
    follow([], output, state, 0.0)
    return found


@pytest.fixture(scope="module", params=[True, False], ids=["ends", "no ends"])
def enumerated(request):
    pattern = re.compile("a[a-e]*f?b|c.?")
    engine = MarkovEngine(seed=4, scale=2.0)

    def valid(steps):
        return bool(pattern.fullmatch("".join(LETTERS.tokens[step].decode() for step in steps)))

    return pattern.pattern, engine, probabilities(engine, valid, 4, request.param), request.param


def counts(decoder, engine, ends, number):
    request = Request([[0]] * number, 4, seed=11, ends=frozenset({0} if ends else ()))
    found = {row: [] for row in range(number)}
    for emission in decoder.decode(engine, request):
        found[emission.row].append(emission.step)
    seen = {}
    for steps in found.values():
        seen[tuple(steps)] = seen.get(tuple(steps), 0) + 1
    return seen


def chi_square(seen, expected):
    """p-value of the counts; sequences expected less than 5 times are one group."""
    from scipy.stats import chisquare

    total, number = sum(expected.values()), sum(seen.values())
    assert set(seen) <= set(expected), "a sequence that is not valid"
    rows, rest = [], [0.0, 0.0]
    for steps, probability in expected.items():
        count = number * probability / total
        if count >= 5:
            rows.append((seen.get(steps, 0), count))
        else:
            rest[0] += seen.get(steps, 0)
            rest[1] += count
    if rest[1] > 0:
        rows.append(tuple(rest))
    return chisquare([row[0] for row in rows], [row[1] for row in rows]).pvalue


def test_exact_sampling_agrees_with_enumeration(enumerated):
    pattern, engine, expected, ends = enumerated
    decoder, notes = made(LETTERS, regex=pattern, sampling="exact")
    seen = counts(decoder, engine, ends, 2000)
    assert len(expected) > 20
    assert chi_square(seen, expected) > 1e-3
    # What the note says of the probability of the constraint is about what it is.
    said = float(notes[-1].split("about ")[1])
    assert abs(said - math.log(sum(expected.values()))) < 0.5


def test_masked_sampling_is_distorted_and_its_weights_mend_that(enumerated):
    pattern, engine, expected, ends = enumerated
    decoder, notes = made(LETTERS, regex=pattern)
    seen = counts(decoder, engine, ends, 2000)
    assert chi_square(seen, expected) < 1e-6
    assert "distorted" in notes[-1]
    weights = decoder.weights
    assert abs(weights.log_probability - math.log(sum(expected.values()))) < 0.1
    assert 1 <= weights.effective < 2000


def test_many_particles_come_close_to_the_exact_distribution(enumerated):
    pattern, engine, expected, ends = enumerated
    total = sum(expected.values())

    def distance(seen):
        number = sum(seen.values())
        return sum(abs(seen.get(s, 0) / number - p / total) for s, p in expected.items()) / 2

    masked = distance(counts(made(LETTERS, regex=pattern)[0], engine, ends, 600))
    options = {"sampling": "exact", "effort": 1, "particles": 40}
    decoder, _ = made(LETTERS, regex=pattern, **options)
    request = Request([[0]], 4)
    cloud = Particles(Conditional(engine, decoder._machine(request)[0], [0], 4, ends, 1.0), 40)
    seen = {}
    logs = []
    for number in range(600):
        drawn = cloud.draw(5, number)
        seen[tuple(drawn.steps)] = seen.get(tuple(drawn.steps), 0) + 1
        logs.append(drawn.log_probability)
    assert distance(seen) < min(0.15, masked / 2)
    mean = math.log(sum(map(math.exp, logs)) / len(logs))
    assert abs(mean - math.log(total)) < 0.1


def test_what_is_too_rare_falls_back_to_particles_and_says_so():
    decoder, notes = made(LETTERS, regex="(abcdef){3}|f{18}", sampling="exact", effort=3)
    texts = written(decoder, Request([[0]] * 4, 18, ends=frozenset({0})))
    assert set(texts.values()) <= {"abcdef" * 3, "f" * 18}
    assert "sequential Monte Carlo" in notes[-1]
    assert "4 of 4" in notes[-1]


def test_a_beam_as_wide_as_there_are_sequences_finds_the_most_probable(enumerated):
    pattern, engine, expected, ends = enumerated
    decoder, _ = made(LETTERS, regex=pattern, base="beam", width=2000, n_best=3)
    request = Request([[0]], 4, ends=frozenset({0} if ends else ()))
    found = {}
    for emission in decoder.decode(engine, request):
        found.setdefault(emission.rank, []).append(emission.step)
    best = sorted(expected, key=expected.__getitem__, reverse=True)[:3]
    assert [tuple(found[rank]) for rank in range(3)] == best


def finishable(beginning, probabilities):
    """Whether the favourite after a beginning leads to a text of at most 6 of a, b, c with `ba`."""
    favourite = LETTERS.tokens[int(probabilities.argmax())].decode()
    text = beginning + favourite
    needed = 0 if "ba" in text else 1 if text.endswith("b") else 2
    return set(text) <= set("abc") and len(text) + needed <= 6 and (favourite or not needed)


def test_explanations_name_the_rule_the_cost_and_a_valid_ending():
    decoder, _ = made(LETTERS, regex="[abc]*", must_include=("ba",))
    engine = MarkovEngine(scale=3)
    request = Request([[0]], 6, seed=2, ends=frozenset({0}))
    steps = [emission.step for emission in decoder.decode(engine, request)]
    found = decoder.explain(engine, request, 0, steps)
    assert found
    output, state = engine.read(torch.tensor([[0]]), engine.start(1))
    explained = {one.place: one for one in found}
    for place in range(min(len(steps) + 1, 6)):
        p = output[0].double().softmax(-1)
        favourite = LETTERS.names[int(p.argmax())]
        one = explained.get(place)
        if one is not None:
            assert one.favourite == favourite
            assert one.probability == pytest.approx(float(p.max()))
            assert one.probability <= one.cost <= 1
            assert one.rule
            assert one.reason
            beginning = "".join(LETTERS.tokens[step].decode() for step in steps[:place])
            assert re.fullmatch("[abc]*", beginning + one.ending)
            assert "ba" in beginning + one.ending
            assert isinstance(one.to_json(), dict)
            assert favourite in str(one)
        else:
            assert finishable("".join(LETTERS.tokens[step].decode() for step in steps[:place]), p)
        if place < len(steps):
            output, state = engine.step(torch.tensor([steps[place]]), state)


def test_without_a_vocabulary_it_says_what_is_missing():
    with pytest.raises(UsageError, match="was not told"):
        list(
            Constrained(options=ConstrainedOptions(regex="a")).decode(
                MarkovEngine(), Request([[0]], 3)
            )
        )
