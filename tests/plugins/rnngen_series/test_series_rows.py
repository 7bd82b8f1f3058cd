"""Rows of series: scaling, covariates, and that drawing makes the rows that encoding makes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError, UsageError
from rnngen.files.source import Source
from rnngen.testing.domains import check_domain
from rnngen_series import scaling
from rnngen_series.codec import fit_codec
from rnngen_series.domain import SeriesDomain
from rnngen_series.frequency import Frequency
from rnngen_series.likelihoods.gaussian import Gaussian
from rnngen_series.options import Options
from rnngen_series.paths import Draw, draw_paths
from rnngen_series.record import Series

DAY = Frequency(86_400, "second")
KINDS = ("seasonal", "mean", "standard", "none")


def series(count=60, seed=0, holes=(), known=0, name="a", future=0, **changes):
    random = np.random.default_rng(seed)
    values = 20 + 5 * np.sin(np.arange(count) * 2 * np.pi / 7) + random.normal(size=count)
    values[list(holes)] = np.nan
    covariates = random.normal(3, 2, (count + future, known))
    return Series(name, values, covariates, DAY, np.datetime64("2024-01-01", "s"), **changes)


def codec_of(every, **options):
    return fit_codec(every, Options(**{"horizon": 5, "context": 30, **options}))


class Recorder:
    """An engine whose outputs are all zero, and which keeps the rows it is given."""

    def __init__(self, row):
        self.likelihood = Gaussian(row)
        self.read_rows, self.steps = None, []

    def start(self, batch):
        return None

    def select(self, state, rows):
        return None

    def read(self, tokens, state):
        self.read_rows = tokens.clone()
        return torch.zeros(tokens.shape[1], 2), None

    def step(self, tokens, state):
        self.steps.append(tokens.clone())
        return torch.zeros(len(tokens), 2), None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("log", [False, True])
def test_rows_written_while_drawing_are_those_of_the_series_with_what_was_drawn(kind, log):
    every = [series(50, 1, holes=(20, 45), known=2, future=5), series(40, 2, known=2, future=5)]
    codec = codec_of(every, scaling=kind, log=log, known="p,q")
    engine = Recorder(codec.layout.width)
    paths = draw_paths(engine, codec, every, Draw(horizon=5, samples=3, seed=4))
    written = torch.stack(engine.steps).view(4, 2, 3, -1).numpy()
    for place, each in enumerate(every):
        for sample in range(3):
            values = np.concatenate([each.values, paths[place, sample]])
            whole = codec.encode(replace(each, values=values, held=5))
            # The last number says what is to be predicted: no input sees it.
            assert np.allclose(
                written[:, place, sample, :-1], whole[-5:-1, :-1], rtol=1e-4, atol=1e-4
            )
        context = engine.read_rows[:, place].numpy()
        assert np.allclose(context[-10:, :-1], codec.encode(each)[-10:, :-1], atol=1e-5)
    assert tuple(engine.read_rows[0, 1].tolist()) == codec.boundary


def test_a_sample_depends_neither_on_how_many_are_drawn_nor_on_other_series():
    every = [series(50, seed, name=str(seed)) for seed in range(3)]
    codec = codec_of(every)
    engine = Recorder(codec.layout.width)
    many = draw_paths(engine, codec, every, Draw(5, samples=4, seed=7))
    few = draw_paths(engine, codec, every[:2], Draw(5, samples=2, seed=7))
    assert np.array_equal(many[:2, :2], few)
    assert not np.array_equal(many[0], many[1])
    assert not np.array_equal(many, draw_paths(engine, codec, every, Draw(5, 4, seed=8)))
    longer = draw_paths(engine, codec, every, Draw(9, samples=4, seed=7))
    assert np.array_equal(longer[..., :5], many)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.floats(-1e5, 1e5), st.just(np.nan)), min_size=10, max_size=40),
    st.sampled_from(KINDS),
    st.integers(1, 5),
)
def test_scaled_values_give_back_the_values(listed, kind, season):
    values = np.array([1.0, *listed, 2.0])
    fitted = scaling.fit(values, kind, season)
    filled = scaling.fill(values, season)
    assert fitted.scale > 0
    steps = np.arange(fitted.first, len(values))
    scaled = (filled[steps] - fitted.centres(filled, steps)) / fitted.scale
    back = scaled * fitted.scale + fitted.centres(filled, steps)
    seen = np.isfinite(values[steps])
    assert back[seen] == pytest.approx(values[steps][seen], rel=1e-9, abs=1e-6)
    assert np.isfinite(filled).all()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, 28)), st.integers(1, 7))
def test_holes_are_filled_from_the_past_alone(holes, season):
    values = np.arange(30.0)
    values[list(holes)] = np.nan
    filled = scaling.fill(values, season)
    for cut in range(1, 31):
        assert np.array_equal(scaling.fill(values[:cut], season), filled[:cut])
    for step in holes:
        assert filled[step] == filled[step - season if step >= season else step - 1]


def test_what_is_held_out_changes_no_scale_and_alone_counts():
    whole = series(60, 3)
    codec = codec_of([whole.until(55)])
    spoilt = replace(whole, values=np.append(whole.values[:55], [1e6] * 5), held=5)
    rows, expected = codec.encode(spoilt), codec.encode(whole.until(55))
    assert np.allclose(rows[:-6, :-1], expected[-len(rows) + 5 : -1, :-1])
    assert rows[:, -1].tolist() == [0.0] * (len(rows) - 5) + [1.0] * 5
    assert len(rows) == 30 + 5


def test_a_missing_value_is_not_observed_and_does_not_count():
    one = series(40, holes=(20,))
    rows = codec_of([one]).encode(one)
    missing = 20 - 7
    assert rows[missing, 1] == rows[missing, -1] == 0.0
    assert rows[[missing - 1, missing + 1], 1].tolist() == [1.0, 1.0]


def test_lags_and_known_columns_of_a_row_are_those_of_the_next_step():
    one = series(40, known=1)
    codec = codec_of([one], scaling="none", lags="1,3", known="p", calendar=False)
    rows = codec.encode(one)
    assert np.allclose(rows[10, 3:5], [one.values[10], one.values[8]])
    mean, deviation = one.known.mean(), one.known.std()
    assert np.allclose(rows[:-1, 5] * deviation + mean, one.known[1:40, 0], atol=1e-5)


def test_a_constant_series_has_rows_beside_others_and_alone_there_is_nothing_to_learn():
    flat = replace(series(40), values=np.full(40, 3.0))
    codec = codec_of([flat, series(40)])
    assert np.isfinite(codec.encode(flat)).all()
    with pytest.raises(DataError, match="constant"):
        codec_of([flat])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distribution": "negative-binomial"}, "not a count"),
        ({"log": True}, "no logarithm"),
    ],
)
def test_values_that_a_distribution_can_not_have_are_named(options, message):
    one = replace(series(40), values=np.append(np.arange(1.0, 40.0), -0.5))
    with pytest.raises(DataError, match=f"series `a`.*{message}"):
        codec_of([one], **options)


@pytest.mark.parametrize(
    "options",
    [
        {"lags": "1,x"},
        {"lags": "0"},
        {"distribution": "negative-binomial", "scaling": "seasonal"},
        {"distribution": "negative-binomial", "log": True},
    ],
)
def test_options_that_make_no_sense_are_errors(options):
    counts = replace(series(40), values=np.arange(40.0))
    with pytest.raises(UsageError):
        codec_of([counts], **options)


def test_a_forecast_beyond_what_is_known_says_how_far_that_reaches():
    one = series(40, known=1, future=3)
    codec = codec_of([one], known="price")
    with pytest.raises(DataError, match="`price` is known 3 steps") as error:
        draw_paths(Recorder(codec.layout.width), codec, [one], Draw(4, 2))
    assert "--horizon 3" in error.value.hint


@pytest.mark.parametrize("change", [{"frequency": Frequency(3600, "second")}, {"known": 1}])
def test_series_of_another_kind_are_refused(change):
    codec = codec_of([series(40)])
    other = series(40, **change) if "known" in change else replace(series(40), **change)
    with pytest.raises(DataError, match="expected"):
        codec.encode(other)


@pytest.mark.parametrize(
    "distribution", ["student-t", "gaussian", "negative-binomial", "quantised"]
)
def test_the_domain_keeps_the_contract_of_domains(tmp_path, distribution):
    path = tmp_path / "x.csv"
    random = np.random.default_rng(0)
    lines = [f"2024-01-01T{n:02},{random.poisson(9)},{random.poisson(2)}" for n in range(24)]
    lines[5] = "2024-01-01T05,,3"
    path.write_text("time,a,b\n" + "\n".join(lines) + "\n")
    domain = SeriesDomain(Options(distribution=distribution, horizon=3, season=4, bins=8))
    check_domain(domain, [Source("x.csv", path)])
