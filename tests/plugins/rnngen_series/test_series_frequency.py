"""Frequencies and the calendar, against pandas-free arithmetic of `datetime`."""

import math
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import UsageError
from rnngen_series.calendar import features
from rnngen_series.frequency import Frequency, parse
from rnngen_series.infer import infer
from rnngen_series.moments import show


def stamps(*texts):
    return np.array(texts, "datetime64[s]")


@pytest.mark.parametrize(
    ("texts", "name", "season"),
    [
        (("2024-01-01T00:00", "2024-01-01T01:00", "2024-01-01T02:00"), "1h", 24),
        (("2024-01-01T00:00", "2024-01-01T00:15", "2024-01-01T00:30"), "15min", 96),
        (("2024-01-01", "2024-01-02", "2024-01-03"), "1D", 7),
        (("2024-01-01", "2024-01-08", "2024-01-15"), "1W", 52),
        (("2024-01-01", "2024-02-01", "2024-03-01"), "1M", 12),
        (("2024-01-31", "2024-02-29", "2024-03-31"), "1M", 12),
        (("2024-01-01", "2024-04-01", "2024-07-01"), "1Q", 4),
        (("2022-01-01", "2023-01-01", "2024-01-01"), "1Y", 1),
        (tuple(str(np.busday_offset("2024-01-01", n)) for n in range(15)), "1B", 5),
    ],
)
def test_frequencies_are_inferred_with_their_season_and_give_back_the_stamps(texts, name, season):
    given_stamps = stamps(*texts)
    frequency = infer(given_stamps)
    assert (frequency.name, frequency.season) == (name, season)
    places = frequency.positions(given_stamps, given_stamps[0])
    assert places.tolist() == list(range(len(texts)))
    assert (frequency.at(given_stamps[0], np.arange(len(texts))) == given_stamps).all()


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["7s", "5min", "3h", "1D", "2W"]), st.integers(0, 10**9), st.integers(0, 500)
)
def test_equal_distances_are_those_of_datetime(name, origin, position):
    seconds = {"7s": 7, "5min": 300, "3h": 10_800, "1D": 86_400, "2W": 1_209_600}[name]
    begin = datetime(1970, 1, 1) + timedelta(seconds=origin)
    frequency = parse(name)
    assert frequency.name == name
    (found,) = frequency.at(np.datetime64(begin, "s"), np.array([position]))
    assert found.astype(datetime) == begin + timedelta(seconds=seconds * position)


def test_a_stamp_off_the_grid_of_months_has_no_place():
    month = parse("1M")
    places = month.positions(
        stamps("2024-01-05", "2024-02-05", "2024-03-06"), stamps("2024-01-05")[0]
    )
    assert places[:2].tolist() == [0, 1]
    assert np.isnan(places[2])


@pytest.mark.parametrize("text", ["", "h1", "0h", "1x", "1.5h"])
def test_a_frequency_that_makes_no_sense_is_an_error(text):
    with pytest.raises(UsageError):
        parse(text)


def test_stamps_at_midnight_are_shown_as_days():
    assert [show(stamp) for stamp in stamps("2024-01-01", "2024-01-01T13:30")] == [
        "2024-01-01",
        "2024-01-01 13:30:00",
    ]


@settings(max_examples=50, deadline=None)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2090, 1, 1)))
def test_calendar_features_are_the_phases_of_day_week_and_year(moment):
    moment = moment.replace(microsecond=0)
    midnight = moment.replace(hour=0, minute=0, second=0)
    day = (moment - midnight) / timedelta(days=1)
    week = (moment.weekday() + day) / 7
    year = (moment - datetime(moment.year, 1, 1)) / timedelta(days=365.2425)
    phases = [year, day, week, 2 * week]
    angles = [2 * math.pi * phase for phase in phases]
    (found,) = features(np.array([moment], "datetime64[s]"), parse("1h"))
    expected = [*map(math.sin, angles), *map(math.cos, angles)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_there_is_no_calendar_where_time_is_only_counted():
    assert features(np.arange(5), Frequency(1, "step")).shape == (5, 0)
