import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from rnngen.contracts.errors import UsageError
from rnngen_series.likelihoods.gaussian import Gaussian
from rnngen_series.likelihoods.negative_binomial import NegativeBinomial
from rnngen_series.likelihoods.quantised import Quantised
from rnngen_series.likelihoods.row import COUNTS, LEVEL, VALUE
from rnngen_series.likelihoods.student_t import StudentT

ROW = 6
EDGES = [-2.0, -1.0, 0.5, 3.0]
numbers = st.floats(-5, 5, allow_nan=False, width=32)


def softplus(x):
    return np.logaddexp(0.0, x) + 1e-4


def rows(values, level=0.0, counts=1.0):
    made = torch.zeros(len(values), ROW)
    made[:, VALUE] = torch.as_tensor(values)
    made[:, LEVEL] = level
    made[:, COUNTS] = counts
    return made


def every():
    return [Gaussian(ROW), StudentT(ROW), NegativeBinomial(ROW, 1.0, 0.5), Quantised(ROW, EDGES)]


def uniform(count, numbers, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).random((count, numbers)))


def drawn(likelihood, output, count=20_000, seed=1, level=0.0, **options):
    options = {"temperature": 1.0, "bias": 0.0, **options}
    outputs = torch.tensor(output).expand(count, -1)
    levels = torch.full((count,), level)
    u = uniform(count, likelihood.uniforms, seed)
    return likelihood.value_draw(outputs, u, levels, **options).numpy()


@settings(max_examples=50, deadline=None)
@given(numbers, numbers, numbers)
def test_the_gaussian_has_the_density_and_distribution_of_scipy(mean, raw, value):
    output, target = torch.tensor([[mean, raw]]), rows([value])
    expected = stats.norm(mean, softplus(raw))
    assert Gaussian(ROW).nll(output, target).item() == pytest.approx(
        -expected.logpdf(value), rel=1e-4, abs=1e-4
    )
    below = Gaussian(ROW).below(output, target[:, VALUE], target[:, LEVEL])
    assert below.item() == pytest.approx(expected.cdf(value), abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, st.floats(-5, 300, width=32), st.floats(-50, 50, width=32))
def test_student_t_has_the_density_and_distribution_of_scipy(location, raw, degrees, value):
    output, target = torch.tensor([[location, raw, degrees]]), rows([value])
    expected = stats.t(min(2 + softplus(degrees + 2.0), 1000.0), location, softplus(raw))
    assert StudentT(ROW).nll(output, target).item() == pytest.approx(
        -expected.logpdf(value), rel=1e-3, abs=1e-3
    )
    below = StudentT(ROW).below(output, target[:, VALUE], target[:, LEVEL])
    assert below.item() == pytest.approx(expected.cdf(value), rel=1e-5, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(numbers, numbers, st.floats(-2, 2, width=32), st.integers(0, 60))
def test_the_negative_binomial_has_the_chances_and_distribution_of_scipy(centre, raw, level, count):
    scale = math.exp(1.0 + 0.5 * level)
    mean, r = softplus(centre) * scale, math.sqrt(scale) / softplus(raw)
    expected = stats.nbinom(r, r / (r + mean))
    likelihood = NegativeBinomial(ROW, 1.0, 0.5)
    output, target = torch.tensor([[centre, raw]]), rows([count / scale], level)
    assert likelihood.nll(output, target).item() == pytest.approx(
        -expected.logpmf(count), rel=1e-4, abs=1e-4
    )
    below = likelihood.below(output, target[:, VALUE], target[:, LEVEL])
    assert below.item() == pytest.approx(expected.cdf(count), abs=1e-6)


def test_the_quantised_density_integrates_to_one_and_to_its_distribution_function():
    likelihood = Quantised(ROW, EDGES)
    output = torch.tensor([[0.3, -1.0, 0.8, 0.1, -0.5]])

    def density(x):
        return math.exp(-likelihood.nll(output.double(), rows([x]).double()).item())

    points = [-40.0, *EDGES, 60.0]
    parts = [integrate.quad(density, a, b)[0] for a, b in itertools.pairwise(points)]
    assert sum(parts) == pytest.approx(1.0, abs=1e-5)
    for edge, total in zip(points[1:], np.cumsum(parts), strict=True):
        value = torch.tensor([edge])
        assert likelihood.below(output, value, value).item() == pytest.approx(total, abs=1e-5)


def test_edges_that_do_not_increase_are_refused():
    with pytest.raises(UsageError):
        Quantised(ROW, [0.0, 0.0, 1.0])


@pytest.mark.parametrize("temperature", [1.0, 0.4])
def test_gaussian_draws_pass_a_kolmogorov_smirnov_test_at_any_temperature(temperature):
    values = drawn(Gaussian(ROW), [1.5, 0.3], temperature=temperature)
    expected = stats.norm(1.5, softplus(0.3) * temperature)
    assert stats.kstest(values, expected.cdf).pvalue > 0.001


@pytest.mark.parametrize("degrees", [-4.0, 3.0, 200.0])
def test_student_t_draws_pass_a_kolmogorov_smirnov_test(degrees):
    values = drawn(StudentT(ROW), [0.5, -1.0, degrees])
    expected = stats.t(2 + softplus(degrees + 2.0), 0.5, softplus(-1.0))
    assert stats.kstest(values, expected.cdf).pvalue > 0.001


@pytest.mark.parametrize(("centre", "raw"), [(0.0, 0.0), (2.0, -3.0), (4.0, 2.0)])
def test_negative_binomial_draws_pass_a_chi_square_test(centre, raw):
    scale = math.exp(1.0)
    values = drawn(NegativeBinomial(ROW, 1.0, 0.5), [centre, raw]) * scale
    counts = np.round(values).astype(int)
    assert np.allclose(values, counts)
    mean, r = softplus(centre) * scale, math.sqrt(scale) / softplus(raw)
    expected = stats.nbinom(r, r / (r + mean))
    edges = np.unique(expected.ppf(np.linspace(0.05, 0.95, 15)))
    seen = np.histogram(counts, [-1, *(edges + 0.5), math.inf])[0]
    wanted = np.diff([0.0, *expected.cdf(edges), 1.0]) * len(counts)
    assert stats.chisquare(seen, wanted).pvalue > 0.001


def test_quantised_draws_have_the_distribution_of_below():
    likelihood, output = Quantised(ROW, EDGES), [0.3, -1.0, 0.8, 0.1, -0.5]
    values = drawn(likelihood, output)

    def below(x):
        x = torch.as_tensor(x)
        return likelihood.below(torch.tensor(output).expand(len(x), -1), x, x).numpy()

    assert stats.kstest(values, below).pvalue > 0.001


def test_draws_of_the_negative_binomial_are_quantiles():
    likelihood = NegativeBinomial(ROW, 0.0, 1.0)
    u = np.array([0.0, 0.01, 0.5, 0.99, 1.0 - 2.0**-52])
    for mean, alpha in ((0.01, 5.0), (3.0, 0.5), (50_000.0, 0.001)):
        raw = [math.log(math.expm1(mean - 1e-4)) if mean < 30 else mean - 1e-4]
        raw.append(math.log(math.expm1(alpha - 1e-4)))
        output = torch.tensor([raw], dtype=torch.float64).expand(5, -1)
        values = likelihood.value_draw(
            output, torch.from_numpy(u)[:, None], torch.zeros(5), temperature=1.0, bias=0.0
        )
        expected = stats.nbinom(1 / alpha, 1 / (1 + alpha * mean))
        # At the ends 1e-15 of a chance decides: there the quantile's own chance is looked at.
        assert values[1:4].tolist() == expected.ppf(u[1:4]).tolist()
        assert expected.sf(values[4].item()) < 1e-9


@pytest.mark.parametrize("likelihood", every(), ids=lambda each: type(each).__name__)
def test_temperature_zero_draws_one_value_whatever_the_numbers(likelihood):
    output = [0.3] * likelihood.size
    values = drawn(likelihood, output, count=50, temperature=0.0)
    assert len(set(values.tolist())) == 1
    below = likelihood.below(
        torch.tensor([output]), torch.tensor(values[:1]).float(), torch.zeros(1)
    )
    assert 0.2 < below.item() < 0.95


@pytest.mark.parametrize("likelihood", every(), ids=lambda each: type(each).__name__)
def test_a_bias_draws_values_closer_together(likelihood):
    output = [0.3, *[0.1] * (likelihood.size - 1)]
    neat, wild = (drawn(likelihood, output, bias=bias) for bias in (1.0, 0.0))
    spread = [np.subtract(*np.quantile(v, [0.9, 0.1])) for v in (neat, wild)]
    assert spread[0] <= spread[1]
    assert neat.std() < wild.std()


@pytest.mark.parametrize("likelihood", every(), ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_losses_and_gradients_are_finite_at_extremes(likelihood, dtype):
    extremes = torch.tensor([-80.0, -1.0, 0.0, 1.0, 80.0])
    output = torch.cartesian_prod(*[extremes] * min(likelihood.size, 3))
    padding = likelihood.size - output.shape[1]
    output = torch.nn.functional.pad(output, (0, padding)).to(dtype).requires_grad_()
    for value in (0.0, 1e-3, 1.0, 1e4):
        nats = likelihood.nll(output, rows([value] * len(output)))
        assert nats.dtype == torch.float32
        assert nats.isfinite().all()
        (gradient,) = torch.autograd.grad(nats.mean(), output)
        assert gradient.isfinite().all()


@pytest.mark.parametrize("likelihood", every(), ids=lambda each: type(each).__name__)
def test_a_value_that_does_not_count_costs_nothing_and_teaches_nothing(likelihood):
    output = torch.zeros(2, likelihood.size, requires_grad=True)
    target = rows([1.0, 1.0])
    target[0, COUNTS] = 0.0
    assert likelihood.counts(target).tolist() == [0.0, 1.0]
    nats = likelihood.nll(output, target)
    assert nats[0] == 0.0 != nats[1]
    nats.sum().backward()
    assert not output.grad[0].any()
    assert output.grad[1].any()


@pytest.mark.parametrize("likelihood", every(), ids=lambda each: type(each).__name__)
def test_the_input_layer_does_not_see_whether_a_value_counts(likelihood):
    layer = likelihood.embedding(4)
    counts, context = rows([1.0]), rows([1.0], counts=0.0)
    assert torch.equal(layer(counts), layer(context))
    assert not torch.equal(layer(counts), layer(rows([2.0])))


def test_rows_with_drawn_values_keep_everything_else():
    likelihood = Gaussian(ROW)
    true, drawn_rows = torch.arange(12.0).view(2, ROW), torch.full((2, ROW), -1.0)
    mixed = likelihood.replaced(true, drawn_rows)
    assert mixed[:, VALUE].tolist() == [-1.0, -1.0]
    assert torch.equal(mixed[:, 1:], true[:, 1:])
