"""Scores and scales: nothing of the future, both tails of counts, and levels far above changes."""

import csv
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rnngen.contracts.errors import DataError
from rnngen_series import scaling
from rnngen_series.codec import fit_codec
from rnngen_series.frequency import Frequency
from rnngen_series.likelihoods.negative_binomial import NegativeBinomial
from rnngen_series.likelihoods.quantised import Quantised
from rnngen_series.options import Options
from rnngen_series.record import Series
from rnngen_series.rows import rows, scaling_of
from rnngen_series.running import running_rows
from tests.plugins.rnngen_series.tables import table

DAY = Frequency(86_400, "second")
START = np.datetime64("2023-01-01", "s")
FIT = {"steps": 8, "hidden": 8}
SMALL = ["train.lanes=4", "train.chunk=16", "series.horizon=7", "series.context=60"]


def series(values, name="a"):
    return Series(name, np.array(values, float), np.zeros((len(values), 0)), DAY, START)


def days(count):
    return [str(np.datetime64("2023-01-01") + n) for n in range(count)]


def priced(path, end):
    """Two shops for 120 days, the last 14 of which follow `end`."""
    random = np.random.default_rng(0)
    lines = ["id,date,y,price"]
    for shop in "ab":
        noise, prices = random.normal(size=120), random.normal(10, 1, 120)
        for n, day in enumerate(days(120)):
            value = 50 + 9 * (n % 7) + noise[n] if n < 106 else end(n)
            lines.append(f"{shop},{day},{value:.4f},{prices[n]:.4f}")
    path.write_text("\n".join(lines))
    return path


def test_scores_of_earlier_days_do_not_depend_on_later_ones(tmp_path):
    from rnngen import evaluate, fit

    one = priced(tmp_path / "a.csv", lambda n: 50 + n % 7)
    other = priced(tmp_path / "b.csv", lambda n: 5000 - 90 * n)
    run = tmp_path / "run"
    options = [*SMALL, "series.id=id", "series.target=y", "series.known=price"]
    fit([str(one)], domain="series", run=run, options=options, **FIT)
    found = []
    for path in (one, other):
        evaluate(run, [str(path)], baselines=False)
        with (run / "scores.csv").open() as stream:
            found.append(list(csv.DictReader(stream)))
    early = [[row for row in scores if row["time"] < days(120)[106]] for scores in found]
    assert len(early[0]) == 2 * (60 - 14)
    assert early[0] == early[1]
    assert found[0] != found[1]


@pytest.mark.parametrize("kind", ["seasonal", "standard", "mean", "none"])
def test_what_is_scored_at_a_step_is_made_of_the_past(kind):
    values = 50 + np.arange(90) % 7 + np.random.default_rng(0).normal(size=90)
    other = np.concatenate([values[:60], 1e4 * values[60:]])
    codec = fit_codec([series(values)], Options(scaling=kind, horizon=7))
    one, two = (running_rows(codec.layout, series(each), 0) for each in (values, other))
    early = 60 - (len(values) - len(one.inputs))
    assert np.array_equal(one.inputs[:early], two.inputs[:early])
    assert np.array_equal(one.targets[:early], two.targets[:early])
    assert np.array_equal(one.scales[: early + 1], two.scales[: early + 1])
    assert not np.array_equal(one.inputs[early], two.inputs[early])


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["seasonal", "mean", "standard", "none"]),
    season=st.sampled_from([1, 7]),
    seed=st.integers(0, 1000),
)
def test_running_scale_is_that_of_the_values_before_each_step(kind, season, seed):
    random = np.random.default_rng(seed)
    values = 100 + random.normal(size=50).cumsum()
    values[1:-1][random.random(48) < 0.1] = np.nan
    centres, scales = scaling.running(values, kind, season, season + 10)
    for step in range(season + 10, 51):
        expected = scaling.fit(values[:step], kind, season)
        assert scales[step] == pytest.approx(expected.scale, rel=1e-9)
        assert centres[step] == pytest.approx(expected.centre, rel=1e-9)


@pytest.mark.parametrize("kind", ["seasonal", "mean", "standard", "none"])
def test_running_rows_are_the_rows_where_the_scale_stays(kind):
    """Values that repeat for ever have the same scale at every step from a season on."""
    values = np.tile([3.0, 5.0, 4.0, 8.0], 20)
    codec = fit_codec([series(values)], Options(scaling=kind, season=3, lags="1,3,4", horizon=4))
    made = rows(codec.layout, series(values))
    ran = running_rows(codec.layout, series(values), 0)
    assert ran.inputs.shape == made.shape
    if kind == "none":
        assert np.array_equal(ran.inputs, made)
    assert np.array_equal(ran.inputs[:, 3 + 3 :], made[:, 3 + 3 :])
    last = running_rows(codec.layout, series(values), len(values) - 1).inputs[0]
    whole = scaling_of(codec.layout, series(values))
    expected = scaling.fit(values, kind, codec.layout.season_of(len(values)))
    assert whole == expected
    assert last == pytest.approx(made[-1], rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 60), centre=st.floats(-2, 3), spread=st.floats(-2, 2))
def test_tail_of_a_count_includes_it_on_both_sides(count, centre, spread):
    likelihood = NegativeBinomial(5)
    output = torch.tensor([[centre, spread]])
    found = likelihood.tail(output, torch.tensor([float(count)]), torch.zeros(1))
    mean = np.log1p(np.exp(np.float32(centre).astype(float))) + 1e-4
    shape = 1 / (np.log1p(np.exp(np.float32(spread).astype(float))) + 1e-4)
    law = stats.nbinom(shape, shape / (shape + mean))
    expected = min(1.0, 2 * min(law.cdf(count), law.sf(count - 1)))
    assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_commonest_of_few_different_values_is_not_rare():
    """Nine of ten values are 0, which is an edge of a bin."""
    likelihood = Quantised(5, [0.0, 1.0, 2.0])
    output = torch.tensor([[0.001, 0.9, 0.05, 0.049]]).log()
    tails = [
        float(likelihood.tail(output, torch.tensor([value]), torch.zeros(1)))
        for value in (0.0, 1.0, 9.0)
    ]
    assert tails[0] == 1.0
    assert tails[1] == pytest.approx(2 * 0.099, rel=1e-5)
    assert tails[2] < 1e-2


def test_scores_of_rare_counts_are_low_only_for_the_rare(tmp_path):
    from rnngen import evaluate, fit

    values = [12 if n in (97, 140) else int(n % 9 == 0) for n in range(200)]
    path = table(tmp_path / "a.csv", days(200), values)
    run = tmp_path / "run"
    options = [*SMALL, "series.distribution=negative-binomial", "series.context=150"]
    fit([str(path)], domain="series", run=run, options=options, hidden=8, steps=60)
    evaluate(run, baselines=False)
    with (run / "scores.csv").open() as stream:
        scores = list(csv.DictReader(stream))
    assert {row["value"] for row in sorted(scores, key=lambda row: float(row["tail"]))[:2]} == {
        "12"
    }
    assert np.median([float(row["tail"]) for row in scores if row["value"] == "0"]) > 0.5


@pytest.mark.parametrize("offset", [1e6, 1e9, -1e9])
def test_level_far_above_the_changes_changes_no_rows(offset):
    """Offsets that float64 adds without loss."""
    values = np.round(800 + 160 * np.sin(np.arange(90)) + 24 * (np.arange(90) % 7)) / 8
    plain, lifted = series(values), series(values + offset)
    codec = fit_codec([plain], Options(horizon=7))
    assert fit_codec([lifted], Options(horizon=7)).layout == codec.layout
    assert codec.encode(lifted) == pytest.approx(codec.encode(plain), rel=1e-5, abs=1e-5)


def test_forecast_of_a_lifted_series_is_the_lifted_forecast_to_the_last_digit_that_matters():
    from rnngen_series.outlook import Outlook

    values = 100.0 + np.arange(40) % 7
    paths = values[None, None, :5] + np.arange(9)[None, :, None] / 8
    plain = Outlook([series(values)], paths).rows()
    lifted = Outlook([series(values + 1e9)], paths + 1e9).rows()
    for one, other in zip(plain, lifted, strict=True):
        assert other["0.5"] - 1e9 == pytest.approx(one["0.5"], abs=1e-5)


def test_constant_series_and_offsets_without_changes_have_a_scale():
    for values in ([5.0] * 30, [0.0] * 30, [1e9] * 30, [0.0] * 29 + [1.0]):
        for kind in ("seasonal", "standard", "mean"):
            assert 0 < scaling.fit(np.array(values), kind, 7).scale < np.inf


def test_season_is_that_of_the_series_which_are_long_enough():
    long = [series(np.arange(120) % 7 + n, f"old{n}") for n in range(3)]
    codec = fit_codec([*long, series(range(20), "new")], Options(horizon=5))
    assert codec.layout.season == 7
    assert [codec.layout.season_of(count) for count in (120, 21, 20, 2)] == [7, 7, 1, 1]
    assert scaling_of(codec.layout, long[0]).season == 7
    assert scaling_of(codec.layout, series(range(20))).season == 1
    assert len(codec.encode(series(range(20)))) == 19
    named = fit_codec([*long, series(range(20), "new")], Options(horizon=5, season=12))
    assert [named.layout.season_of(count) for count in (120, 20, 13, 12)] == [12, 12, 12, 1]


def test_counts_below_zero_are_named_with_their_stamp_and_counted():
    values = [4.0, 0.0, -2.0, 1.0, -1.0] * 5
    with pytest.raises(DataError, match=r"step 3 \(2023-01-03\): -2 is not a count.*; 10 values"):
        fit_codec([series(values)], Options(distribution="negative-binomial", horizon=2))


class Failing:
    """Exponential smoothing of so few values that its arithmetic fails."""

    def __init__(self, season_length):
        pass

    def forecast(self, y, h, level):
        raise ZeroDivisionError


def test_baseline_that_fails_is_left_out_with_a_remark(tmp_path, monkeypatch):
    from rnngen import evaluate, fit
    from rnngen_series import baselines

    models = ModuleType("statsforecast.models")
    models.AutoETS = Failing
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)
    monkeypatch.setitem(sys.modules, "statsforecast", ModuleType("statsforecast"))
    monkeypatch.setattr(baselines, "has_auto_ets", lambda: True)
    path = table(tmp_path / "a.csv", range(2015, 2022), [5, 7, 6, 9, 8, 12, 11])
    run = tmp_path / "run"
    fit([str(path)], domain="series", run=run, options=[*SMALL, "series.horizon=2"], **FIT)
    notes = []
    report = evaluate(run, note=notes.append)
    assert [name for name, _ in report.rows] == ["model", "last value"]
    assert any("leaving out AutoETS: it can't be fitted to series `value`" in n for n in notes)


def test_series_of_another_size_are_said():
    values = 100 + np.arange(60) % 7
    codec = fit_codec([series(values), series(values * 2.0)], Options(horizon=7))
    said = []
    codec.remark_scales([series(values * 3.0)], said.append)
    assert not said
    codec.remark_scales([replace(series(values * 1e6), name="big")], said.append)
    assert "the changes of series `big` are 7.1e+05 times as large" in said[0]
