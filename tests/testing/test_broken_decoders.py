"""Decoders that break their contract in one way each: a check finds it, and says so."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

from rnngen.components.decoders.greedy import Greedy
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.decoder import Emission
from rnngen.testing.decoders import CHECKS, check_decoder


class IgnoresStop(Sample):
    def decode(self, engine, request):
        yield from super().decode(engine, replace(request, stop=None))


class StopsLate(Sample):
    """It asks, and writes one step more."""

    def decode(self, engine, request):
        over = []

        def stop(row, step):
            over.append(bool(request.stop and request.stop(row, step)))
            return len(over) > 1 and over[-2]

        yield from super().decode(engine, replace(request, stop=stop))


class WritesMore(Sample):
    def decode(self, engine, request):
        yield from super().decode(engine, replace(request, length=request.length + 1))


class Forgets(Sample):
    """It changes the prompts that it was given."""

    def decode(self, engine, request):
        for prompt in request.prompts:
            prompt.append(0)
        yield from super().decode(engine, request)


class Tensors(Sample):
    def decode(self, engine, request):
        for each in super().decode(engine, request):
            yield replace(each, step=torch.tensor(each.step))


class Pairs(Sample):
    def decode(self, engine, request):
        for each in super().decode(engine, request):
            yield each.row, each.step


class Filtered(Sample):
    def decode(self, engine, request):
        for each in super().decode(engine, request):
            yield replace(each, log_probability=each.log_probability / 0.8)


class Dice(Sample):
    def decode(self, engine, request):
        seed = random.SystemRandom().randrange(10**9)
        yield from super().decode(engine, replace(request, seed=seed))


class Nothing(Greedy):
    def decode(self, engine, request):
        return None


class BelowZero(Greedy):
    def decode(self, engine, request):
        for row in range(len(request.prompts)):
            for _ in range(request.length):
                yield Emission(row, -1, -1.0)


BROKEN = {
    IgnoresStop: ("stops_when_told", "`Request.stop` was never asked"),
    StopsLate: ("stops_when_told", "was to stop after 3 steps has 4"),
    WritesMore: ("lengths", "13 steps, not 12|steps for length 0"),
    Forgets: ("leaves_its_request", "copy what is to change"),
    Tensors: ("gives_plain_emissions", "a step is a Tensor"),
    Pairs: ("gives_plain_emissions", "gives a tuple, expected an `rnngen.Emission`"),
    Filtered: ("log_probabilities_of_model", "before temperature and filters"),
    Dice: ("repeatable", "from the request's seed"),
    Nothing: ("lengths", "it raised TypeError"),
    BelowZero: ("lengths", "a step does not exist"),
}


@pytest.mark.parametrize("decoder", BROKEN, ids=lambda decoder: decoder.__name__)
def test_what_is_broken_is_found_and_said(decoder):
    check, sentence = BROKEN[decoder]
    with pytest.raises(AssertionError, match=sentence) as caught:
        CHECKS[check](decoder)
    assert "checked: " in str(caught.value)


def test_the_decoder_they_are_made_of_keeps_the_contract():
    check_decoder(Sample)
