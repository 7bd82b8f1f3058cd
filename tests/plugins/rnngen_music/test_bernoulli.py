"""The Bernoulli likelihood against SciPy and against all frames there are."""

from itertools import product

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from rnngen_music.likelihoods.bernoulli import Bernoulli

NUMBERS = st.floats(-30, 30, width=32)


def every_step(keys):
    """All frames of so many keys, and the boundary."""
    frames = [(*frame, 0.0) for frame in product((0.0, 1.0), repeat=keys)]
    return torch.tensor([*frames, (*[0.0] * keys, 1.0)])


@given(
    output=st.lists(NUMBERS, min_size=6, max_size=6),
    frame=st.lists(st.booleans(), min_size=5, max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_a_frame_costs_what_scipy_says_of_its_keys_and_of_going_on(output, frame):
    target = torch.tensor([*map(float, frame), 0.0])
    expected = -scipy.stats.bernoulli.logpmf([*frame, 0], expit(np.array(output, float))).sum()
    found = Bernoulli(5).nll(torch.tensor(output), target)
    assert found.item() == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_boundary_costs_nothing_but_its_own_number():
    output = torch.tensor([3.0, -2.0, 5.0, 0.7])
    found = Bernoulli(3).nll(output, torch.tensor([0.0, 0.0, 0.0, 1.0]))
    assert found.item() == pytest.approx(-np.log(expit(0.7)), rel=1e-6)


@given(output=st.lists(st.floats(-8, 8, width=32), min_size=5, max_size=5))
@settings(max_examples=50, deadline=None)
def test_the_probabilities_of_all_frames_and_the_boundary_add_up_to_one(output):
    steps = every_step(4)
    nll = Bernoulli(4).nll(torch.tensor(output).expand(len(steps), 5), steps)
    assert nll.double().neg().exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_the_keys_alone_cost_the_same_whatever_the_last_number_is():
    output = torch.randn(7, 4, generator=torch.Generator().manual_seed(1))
    target = torch.tensor([1.0, 0.0, 1.0, 0.0]).expand(7, 4)
    likelihood = Bernoulli(3)
    ends = -torch.nn.functional.logsigmoid(-output[:, 3])
    assert torch.allclose(
        likelihood.keys_nll(output, target) + ends, likelihood.nll(output, target)
    )


@pytest.mark.parametrize(("temperature", "bias"), [(1.0, 0.0), (0.5, 0.0), (2.0, 0.0), (1.0, 1.5)])
def test_frames_are_drawn_as_often_as_their_probability_says(temperature, bias):
    likelihood = Bernoulli(2)
    output = torch.tensor([0.4, -1.1, -2.0])
    uniform = torch.rand(40_000, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    drawn = likelihood.draw(output.expand(40_000, 3), uniform, temperature=temperature, bias=bias)
    steps = every_step(2)
    wanted = output * (1 + bias) / temperature
    chances = likelihood.nll(wanted.expand(len(steps), 3), steps).neg().exp()
    for step, chance in zip(steps, chances, strict=True):
        share = (drawn == step).all(1).float().mean().item()
        assert share == pytest.approx(chance.item(), abs=4 * np.sqrt(0.25 / 40_000))


def test_temperature_zero_gives_the_more_probable_half_of_every_key():
    output = torch.tensor([[2.0, -0.1, 0.1, -3.0], [2.0, 2.0, 2.0, 3.0]])
    drawn = Bernoulli(3).draw(output, torch.zeros(2, 4, dtype=torch.float64), temperature=0)
    assert drawn.tolist() == [[1, 0, 1, 0], [0, 0, 0, 1]]


def test_outputs_in_half_precision_and_far_out_cost_finite_nats():
    output = torch.tensor([[3e4, -3e4, 3e4]], dtype=torch.bfloat16)
    nll = Bernoulli(2).nll(output, torch.tensor([[0.0, 1.0, 0.0]]))
    assert nll.dtype == torch.float32
    assert nll.isfinite().all()


def test_chords_come_into_a_model_at_about_unit_size():
    torch.manual_seed(0)
    chords = torch.zeros(200, 89)
    for row in chords:
        row[torch.randperm(88)[:4]] = 1
    vectors = Bernoulli(88).embedding(64)(chords)
    assert vectors.shape == (200, 64)
    assert 0.8 < vectors.std().item() < 1.25
