"""Measures of forecasts against their definitions, written out."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate

from rnngen_series import metrics
from rnngen_series.backtest import Tally
from rnngen_series.baselines import seasonal_naive

numbers = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3))
values = arrays(np.float64, 6, elements=numbers)


@settings(max_examples=50, deadline=None)
@given(values, values)
def test_smape_is_the_mean_of_its_terms(actual, forecast):
    terms = []
    for y, f in zip(actual, forecast, strict=True):
        terms.append(0.0 if y == f == 0 else 2 * abs(y - f) / (abs(y) + abs(f)))
    assert metrics.smape(actual, forecast) == pytest.approx(100 * sum(terms) / len(terms))


@settings(max_examples=50, deadline=None)
@given(values, values, arrays(np.float64, 12, elements=numbers), st.integers(1, 4))
def test_mase_is_the_error_by_that_of_the_seasonal_naive_forecast(actual, forecast, past, season):
    naive = [abs(past[t] - past[t - season]) for t in range(season, len(past))]
    scaled = metrics.mase(actual, forecast, past, season)
    if sum(naive) == 0:
        assert scaled is None
        return
    error = sum(abs(y - f) for y, f in zip(actual, forecast, strict=True)) / len(actual)
    assert scaled == pytest.approx(error / (sum(naive) / len(naive)))


@settings(max_examples=30, deadline=None)
@given(numbers, st.lists(numbers, min_size=1, max_size=12))
def test_crps_is_the_integral_of_the_squared_distance_of_distributions(actual, sample):
    points = sorted({actual, *sample})
    total = 0.0
    for low, high in itertools.pairwise(points):
        middle = (low + high) / 2
        below = sum(x <= middle for x in sample) / len(sample)
        total += (below - (actual <= middle)) ** 2 * (high - low)
    found = metrics.crps(np.array([actual]), np.array(sample)[:, None])
    assert found[0] == pytest.approx(total, abs=1e-9)


def test_crps_of_many_draws_is_that_of_their_distribution():
    # Gneiting and Raftery 2007: of a standard normal at 0 it is 0.2337.
    draws = np.random.default_rng(0).standard_normal((20_000, 1))
    assert metrics.crps(np.zeros(1), draws)[0] == pytest.approx(0.2337, abs=0.005)


@settings(max_examples=30, deadline=None)
@given(numbers, arrays(np.float64, 9, elements=numbers))
def test_quantile_loss_weighs_errors_by_their_side(actual, quantiles):
    found = metrics.quantile_loss(np.array([actual]), np.sort(quantiles)[:, None])[:, 0]
    for level, quantile, loss in zip(metrics.LEVELS, np.sort(quantiles), found, strict=True):
        under, over = max(actual - quantile, 0), max(quantile - actual, 0)
        assert loss == pytest.approx(2 * (level * under + (1 - level) * over))


def test_the_mean_quantile_loss_approaches_crps():
    # CRPS is the integral of the quantile loss over all levels.
    def loss(level):
        quantile = np.log(level / (1 - level))  # of the logistic distribution
        return 2 * (1.0 - quantile) * (level - (quantile > 1.0))

    whole = integrate.quad(loss, 0, 1)[0]
    draws = np.random.default_rng(0).logistic(size=(50_000, 1))
    assert metrics.crps(np.ones(1), draws)[0] == pytest.approx(whole, abs=0.01)


def test_missing_values_are_left_out_of_every_measure():
    past = np.array([1.0, 2.0, np.nan, 4.0, 3.0, 5.0, 2.0])
    quantiles = np.linspace(1, 2, 9)[:, None] * np.array([1.0, 2.0, 3.0])
    paths = np.random.default_rng(0).random((20, 3))
    with_hole, without = Tally(), Tally()
    with_hole.add(np.array([1.0, np.nan, 4.0]), past, 1, quantiles, paths)
    without.add(np.array([1.0, 4.0]), past, 1, quantiles[:, [0, 2]], paths[:, [0, 2]])
    assert with_hole.numbers() == pytest.approx(without.numbers())


def test_coverage_counts_the_values_between_the_outer_quantiles():
    tally = Tally()
    quantiles = np.linspace(0, 1, 9)[:, None] * np.ones(4)
    tally.add(np.array([-0.1, 0.0, 0.7, 1.1]), np.arange(9.0), 1, quantiles)
    assert tally.numbers()[-1] == 50.0


def test_a_seasonal_naive_forecast_repeats_the_last_season_with_its_holes_filled():
    past = np.array([1.0, 2, 3, 4, np.nan, 6])
    assert seasonal_naive(past, 3, 5).tolist() == [4, 2, 6, 4, 2]
    assert seasonal_naive(past[:2], 3, 2).tolist() == [2, 2]
