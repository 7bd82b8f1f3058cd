"""Keys that hang on lower ones: against the formula, and against all frames there are."""

from itertools import product

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from rnngen.contracts.errors import UsageError
from rnngen_music.likelihoods.bernoulli import Bernoulli
from rnngen_music.likelihoods.nade import Nade

SEEDS = st.integers(0, 2**32 - 1)


def made(keys, hidden, seed, scale=2.0):
    """A likelihood whose keys hang on each other strongly, and its weights as NumPy has them."""
    likelihood = Nade(keys, hidden)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        likelihood.w.normal_(std=scale, generator=generator)
        likelihood.v.normal_(std=scale, generator=generator)
    return (
        likelihood,
        likelihood.w.detach().double().numpy(),
        likelihood.v.detach().double().numpy(),
    )


def chances(likelihood, w, v, output, frame):
    """The probability of each key, given the lower keys of `frame`, by the formula."""
    keys = likelihood.keys
    total, found = output[keys + 1 :].copy(), []
    for key in range(keys):
        found.append(expit(output[key] + v[key] @ np.tanh(total)))
        total += frame[key] * w[key]
    return np.array(found)


def every_step(keys):
    """All frames of so many keys, and the boundary."""
    frames = [(*frame, 0.0) for frame in product((0.0, 1.0), repeat=keys)]
    return torch.tensor([*frames, (*[0.0] * keys, 1.0)])


@given(seed=SEEDS, frame=st.lists(st.booleans(), min_size=6, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_frame_costs_what_scipy_says_of_one_key_after_the_other(seed, frame):
    likelihood, w, v = made(6, 3, seed)
    output = np.random.default_rng(seed).normal(size=likelihood.size)
    chance = chances(likelihood, w, v, output, frame)
    expected = -scipy.stats.bernoulli.logpmf(frame, chance).sum()
    expected -= scipy.stats.bernoulli.logpmf(0, expit(output[6]))
    target = torch.tensor([*map(float, frame), 0.0])
    found = likelihood.nll(torch.tensor(output).float(), target)
    assert found.item() == pytest.approx(expected, rel=1e-3, abs=1e-4)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_probabilities_of_all_frames_and_the_boundary_add_up_to_one(seed):
    likelihood, _, _ = made(4, 5, seed)
    output = torch.randn(likelihood.size, generator=torch.Generator().manual_seed(seed))
    steps = every_step(4)
    nll = likelihood.nll(output.expand(len(steps), likelihood.size), steps)
    assert nll.double().neg().exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_frames_side_by_side_cost_what_each_costs_alone():
    likelihood, _, _ = made(5, 4, 1)
    generator = torch.Generator().manual_seed(2)
    output = torch.randn(3, 7, likelihood.size, generator=generator)
    target = (torch.rand(3, 7, 6, generator=generator) < 0.4).float()
    together = likelihood.nll(output, target)
    for row, column in product(range(3), range(7)):
        alone = likelihood.nll(output[row, column], target[row, column])
        assert together[row, column].item() == pytest.approx(alone.item(), rel=1e-4, abs=1e-5)


def test_a_boundary_costs_nothing_but_its_own_number():
    likelihood, _, _ = made(3, 2, 0)
    output = torch.tensor([3.0, -2.0, 5.0, 0.7, 1.0, -1.0])
    found = likelihood.nll(output, torch.tensor([0.0, 0.0, 0.0, 1.0]))
    assert found.item() == pytest.approx(-np.log(expit(0.7)), rel=1e-6)


def test_without_weights_it_is_independent_keys():
    likelihood = Nade(4, 3)
    torch.nn.init.zeros_(likelihood.v)
    output = torch.randn(9, likelihood.size, generator=torch.Generator().manual_seed(5))
    target = (torch.rand(9, 5, generator=torch.Generator().manual_seed(6)) < 0.5).float()
    expected = Bernoulli(4).nll(output[:, :5], target)
    assert torch.allclose(likelihood.nll(output, target), expected, atol=1e-6)


@given(seed=SEEDS, temperature=st.sampled_from([1.0, 0.3, 4.0]), bias=st.sampled_from([0.0, 1.5]))
@settings(max_examples=60, deadline=None)
def test_rounds_draw_what_drawing_key_by_key_draws(seed, temperature, bias):
    likelihood, w, v = made(9, 3, seed)
    generator = torch.Generator().manual_seed(seed)
    output = torch.randn(4, likelihood.size, generator=generator)
    uniform = torch.rand(4, 10, generator=generator, dtype=torch.float64)
    drawn = likelihood.draw(output, uniform, temperature=temperature, bias=bias)
    for row in range(4):
        numbers, limits = output[row].double().numpy(), uniform[row].numpy()
        wanted, total = np.zeros(10), numbers[10:].copy()
        wanted[9] = limits[9] < expit(numbers[9] / temperature * (1 + bias))
        for key in range(9):
            logit = numbers[key] + v[key] @ np.tanh(total)
            wanted[key] = limits[key] < expit(logit / temperature * (1 + bias))
            total += wanted[key] * w[key]
        wanted[:9] *= 1 - wanted[9]
        assert drawn[row].tolist() == wanted.tolist()


def test_frames_are_drawn_as_often_as_their_probability_says():
    likelihood, _, _ = made(3, 2, 7, scale=1.0)
    output = torch.tensor([0.4, -1.1, 0.2, -1.0, 0.5, -0.3])
    uniform = torch.rand(40_000, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    drawn = likelihood.draw(output.expand(40_000, 6), uniform)
    steps = every_step(3)
    chance = likelihood.nll(output.expand(len(steps), 6), steps).neg().exp()
    for step, expected in zip(steps, chance.tolist(), strict=True):
        share = (drawn == step).all(1).float().mean().item()
        assert share == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 40_000))


def test_temperature_zero_gives_the_more_probable_half_of_every_key_given_the_lower_ones():
    likelihood, w, v = made(6, 3, 11)
    output = torch.randn(20, likelihood.size, generator=torch.Generator().manual_seed(1))
    output[:, 6] = -1
    drawn = likelihood.draw(output, torch.zeros(20, 7, dtype=torch.float64), temperature=0)
    for row, frame in zip(output.double().numpy(), drawn.numpy(), strict=True):
        assert frame[:6].tolist() == (chances(likelihood, w, v, row, frame) > 0.5).tolist()
    output[:, 6] = 1
    drawn = likelihood.draw(output, torch.zeros(20, 7, dtype=torch.float64), temperature=0)
    assert drawn.tolist() == [[0.0] * 6 + [1.0]] * 20


def test_outputs_in_half_precision_and_far_out_cost_finite_nats():
    likelihood, _, _ = made(2, 2, 0)
    output = torch.tensor([[3e4, -3e4, 3e4, 3e4, -3e4]], dtype=torch.bfloat16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        nll = likelihood.nll(output, torch.tensor([[0.0, 1.0, 0.0]]))
    assert nll.dtype == torch.float32
    assert nll.isfinite().all()


def test_gradients_reach_the_weights_as_differences_say():
    likelihood, _, _ = made(4, 3, 2, scale=0.7)
    generator = torch.Generator().manual_seed(0)
    output = torch.randn(6, likelihood.size, generator=generator)
    target = (torch.rand(6, 5, generator=generator) < 0.5).float()
    target[:, 4] = 0
    likelihood.nll(output, target).sum().backward()
    for weights in (likelihood.w, likelihood.v):
        for place in ((0, 0), (1, 2), (3, 1)):
            costs = []
            for step in (1e-2, -1e-2):
                with torch.no_grad():
                    weights[place] += step
                    costs.append(likelihood.nll(output, target).double().sum().item())
                    weights[place] -= step
            slope = (costs[0] - costs[1]) / 2e-2
            assert weights.grad[place].item() == pytest.approx(slope, rel=2e-2, abs=2e-3)


def test_one_of_two_chords_costs_one_choice_where_independent_keys_pay_for_each():
    chords = torch.tensor([[1.0, 0, 1, 0, 1, 0, 0], [0, 1, 0, 1, 0, 1, 0]])
    torch.manual_seed(0)
    likelihood = Nade(6, 8)
    output = torch.zeros(likelihood.size, requires_grad=True)
    optimizer = torch.optim.Adam([output, *likelihood.parameters()], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        nats = likelihood.keys_nll(output.expand(2, -1), chords).mean()
        nats.backward()
        optimizer.step()
    assert np.log(2) <= nats.item() < 1.05 * np.log(2)
    uniform = torch.rand(200, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        output[6] = -30
    drawn = likelihood.draw(output.detach().expand(200, -1), uniform)
    whole = (drawn.unsqueeze(1) == chords).all(-1).any(-1)
    assert whole.float().mean().item() > 0.95


@pytest.mark.parametrize("numbers", [(0, 4), (88, 0), (88, 10**9), (88, 1.5), (True, 4)])
def test_impossible_sizes_are_refused(numbers):
    with pytest.raises(UsageError, match="of `nade` is"):
        Nade(*numbers)
