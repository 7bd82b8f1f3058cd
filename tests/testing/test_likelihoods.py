"""The checks of a likelihood pass for all that are registered, and find what is broken."""

import pytest
import torch

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.kernel.catalog import get_catalog
from rnngen.testing.likelihoods import CHECKS, check_likelihood

OPTIONS = {
    "bernoulli": {"keys": 5},
    "categorical": {"size": 7},
    "gaussian": {"row": 6},
    "nade": {"keys": 5, "hidden": 4},
    "negative-binomial": {"row": 6},
    "pen-mixture": {"components": 3},
    "quantised": {"row": 6, "edges": [-1.0, 0.0, 0.5, 2.0]},
    "student-t": {"row": 6},
}


def test_all_that_are_registered_are_checked():
    assert set(get_catalog().names("likelihood")) == set(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_likelihood_keeps_its_contract(name):
    check_likelihood(lambda: get_catalog().find("likelihood", name).build(**OPTIONS[name]))


class Unnormalised(Categorical):
    def nll(self, output, target):
        return super().nll(output, target) + 0.1


class DrawsEvenly(Categorical):
    def draw(self, output, uniform, *, temperature=1.0, bias=0.0):
        if temperature == 0:
            return output.argmax(-1)
        return (uniform[..., 0] * self.size).long()


class Restless(Categorical):
    def draw(self, output, uniform, *, temperature=1.0, bias=0.0):
        return (uniform[..., 0] * self.size).long()


class Global(Categorical):
    def sample(self, output, generator):
        return torch.multinomial(output.softmax(-1), 1).squeeze(-1)


class Together(Categorical):
    def draw(self, output, uniform, *, temperature=1.0, bias=0.0):
        return super().draw(output - output.mean(0) * 9, uniform, temperature=temperature)


class Narrow(Categorical):
    def draw(self, output, uniform, *, temperature=1.0, bias=0.0):
        return super().draw(output, uniform, temperature=temperature).float()


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (Unnormalised, "ids_sum_to_one"),
        (DrawsEvenly, "ids_are_drawn_as_often_as_they_are_probable"),
        (Restless, "typical_without_temperature"),
        (Global, "no_global_random_state"),
        (Together, "rows_independent"),
        (Narrow, "shapes"),
    ],
)
def test_a_broken_likelihood_is_found_out(broken, check):
    with pytest.raises(AssertionError):
        CHECKS[check](lambda: broken(7))
