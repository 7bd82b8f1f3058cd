"""The frequency of real series: over all of them, with what it leaves empty counted and said."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from tests.plugins.rnngen_series.tables import begins, read, table

START = datetime(2023, 1, 2)  # a Monday


def moments(count, step, start=START):
    return [start + step * n for n in range(count)]


def long(path, groups):
    rows = [
        f"{name},{stamp},{n}" for name, stamps in groups.items() for n, stamp in enumerate(stamps)
    ]
    path.write_text("\n".join(["id,date,value", *rows]) + "\n")
    return path


LONG = {"id": "id", "target": "value"}
WORK = [START + timedelta(days=n) for n in range(60) if (START + timedelta(days=n)).weekday() < 5]


@pytest.mark.parametrize(
    ("stamps", "name"),
    [
        (WORK, "1B"),
        (WORK[:8], "1B"),
        ([day for day in WORK if day.day != 16], "1B"),
        (
            [d + timedelta(hours=h) for d in WORK for h in range(9, 18)],
            "1h 09:00-17:00 B",
        ),
        (
            [d + timedelta(minutes=570 + 15 * k) for d in WORK for k in range(27)],
            "15min 09:30-16:00 B",
        ),
        (
            [d + timedelta(hours=h) for d in moments(20, timedelta(1)) for h in range(8, 20)],
            "1h 08:00-19:00",
        ),
        (moments(9, timedelta(hours=6)), "6h"),
        (moments(30, timedelta(days=14)), "2W"),
        ([date(1990 + n, 2, 28) for n in range(9)], "1Y"),
        ([date(1990 + n // 2, 1 + 6 * (n % 2), 1) for n in range(9)], "2Q"),
    ],
)
def test_grids_of_working_life_are_found_and_go_on_after_the_last_row(stamps, name, tmp_path):
    path = table(tmp_path / "a.csv", stamps)
    ((one,), _) = read(path)
    assert one.frequency.name == name
    assert one.frequency.season >= 1
    short = stamps[: len(stamps) * 2 // 3]
    ((earlier,), _) = read(table(tmp_path / "b.csv", short), frequency=name)
    later = [str(stamp) for stamp in stamps[len(short) :]]
    shown = earlier.shown(len(earlier), len(earlier) + len(later) + 9)
    assert set(later) <= {stamp if " " in later[0] else stamp[:10] for stamp in shown} | {
        f"{stamp} 00:00:00" for stamp in shown
    }


def test_month_ends_are_months_also_on_trading_days(tmp_path):
    ends = [np.datetime64("1990-02") + n for n in range(40)]
    calendar = [str(end.astype("datetime64[D]") - 1) for end in ends]
    trading = [str(np.busday_offset(end.astype("datetime64[D]"), -1, "forward")) for end in ends]
    assert calendar != trading
    for stamps in (calendar, trading):
        ((one,), remarks) = read(table(tmp_path / "a.csv", stamps))
        assert (one.frequency.name, one.frequency.last, len(one)) == ("1M", True, 40)
        assert begins(one, 40) == calendar
        assert bool(remarks) == (stamps == trading)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    minutes=st.sampled_from([1, 5, 15, 60, 1440]),
    gaps=st.booleans(),
)
def test_stamps_some_seconds_off_a_grid_are_on_it(seed, minutes, gaps, tmp_path_factory):
    random = np.random.default_rng(seed)
    step = timedelta(minutes=minutes)
    grid = moments(200, step)
    jitter = random.integers(0, 3 if minutes > 1 else 2, 200)
    stamps = [t + timedelta(seconds=int(s)) for t, s in zip(grid, jitter, strict=True)]
    kept = [n for n in range(200) if n in (0, 199) or not gaps or random.random() > 0.05]
    path = table(tmp_path_factory.mktemp("j") / "a.csv", [stamps[n] for n in kept], kept)
    ((one,), remarks) = read(path)
    assert one.frequency.microseconds == minutes * 60_000_000
    assert one.stamps(0, 200).astype("datetime64[us]").astype(datetime).tolist() == grid
    expected = np.full(200, np.nan)
    expected[kept] = kept
    assert np.array_equal(one.values, expected, equal_nan=True)
    assert any("are not exactly on the grid" in remark for remark in remarks)


def test_clock_that_runs_slowly_stays_on_its_grid_and_forecasts_follow_the_last_row(tmp_path):
    stamps = moments(400, timedelta(seconds=60, milliseconds=137))
    ((one,), _) = read(table(tmp_path / "a.csv", stamps))
    assert len(one) == 400
    assert np.isfinite(one.values).all()
    (after,) = one.stamps(400, 401).astype("datetime64[us]").astype(datetime)
    assert abs((after - stamps[-1]).total_seconds() - 60.137) < 0.5


def test_frequency_is_decided_over_all_series_not_by_the_first(tmp_path):
    days = [str(day.date()) for day in moments(120, timedelta(1))]
    for first in (days[4:5], days[::7][:3], days[3:30:3]):
        path = long(tmp_path / "a.csv", {"new": first, "old": days, "other": days[20:]})
        (found, _) = read(path, **LONG)
        assert {one.frequency.name for one in found} == {"1D"}
        assert len(next(one for one in found if one.name == "old")) == 120


def test_series_of_another_frequency_is_named(tmp_path):
    days = [str(day.date()) for day in moments(120, timedelta(1))]
    months = [f"{1990 + n // 12}-{n % 12 + 1:02}-01" for n in range(120)]
    for order in ({"a": days, "m": months}, {"m": months, "a": days}):
        path = long(tmp_path / "a.csv", order)
        with pytest.raises(DataError, match="series `m` has a row every 1M, others every 1D") as e:
            read(path, **LONG)
        assert "separate model" in e.value.hint
        (found, remarks) = read(path, **LONG, frequency="1D")
        assert {one.frequency.name for one in found} == {"1D"}
        assert "have no row" in remarks[-1]


def test_missing_rows_are_counted_and_said_up_to_a_tenth(tmp_path):
    stamps = moments(100, timedelta(hours=1))
    kept = [n for n in range(100) if n % 20 != 7]
    ((one,), remarks) = read(table(tmp_path / "a.csv", [stamps[n] for n in kept]))
    assert (len(one), int(np.isnan(one.values).sum())) == (100, 5)
    assert remarks == ["5 of 100 steps of 1h have no row: read as missing values"]


def test_more_missing_rows_are_a_question_that_the_frequency_answers(tmp_path):
    stamps = moments(100, timedelta(hours=1))
    kept = [n for n in range(100) if n % 5 != 2]
    path = table(tmp_path / "a.csv", [stamps[n] for n in kept])
    with pytest.raises(DataError, match="20 of 100 steps of 1h have no row") as caught:
        read(path)
    assert "series.frequency='1h'" in caught.value.hint
    ((one,), remarks) = read(path, frequency="1h")
    assert int(np.isnan(one.values).sum()) == 20
    assert remarks == ["20 of 100 steps of 1h have no row: read as missing values"]


def test_sales_days_that_are_mostly_two_apart_are_days(tmp_path):
    random = np.random.default_rng(0)
    days = np.cumsum(random.choice([1, 2, 2, 2, 3], 80)).tolist()
    path = table(tmp_path / "a.csv", [(START + timedelta(days=d)).date() for d in days])
    with pytest.raises(DataError, match="steps of 1D have no row"):
        read(path)
    ((one,), _) = read(path, frequency="1D")
    assert len(one) == days[-1] - days[0] + 1


@pytest.mark.parametrize("place", [0, 17, 39])
@pytest.mark.parametrize("year", [1023, 2203, 2032])
def test_mistyped_year_is_named_with_its_row(place, year, tmp_path):
    stamps = [str(moment) for moment in moments(40, timedelta(hours=1))]
    stamps[place] = stamps[place].replace("2023", str(year))
    shown = stamps[place].removesuffix(" 00:00:00")
    with pytest.raises(DataError, match=rf"row {place + 2}: the time stamp {shown}"):
        read(table(tmp_path / "a.csv", stamps))


def test_newest_rows_may_come_first(tmp_path):
    days = [str(day.date()) for day in moments(30, timedelta(1))]
    ((one,), _) = read(table(tmp_path / "a.csv", days[::-1], range(30, 0, -1)))
    assert (begins(one, 1), one.values.tolist()) == ([days[0]], list(range(1, 31)))


def test_rows_that_repeat_another_are_left_out_and_counted(tmp_path):
    days = [str(day.date()) for day in moments(9, timedelta(1))]
    rows = [*zip(days, range(9), strict=True), (days[8], 8), (days[8], 8)]
    ((one,), remarks) = read(table(tmp_path / "a.csv", *zip(*rows, strict=True)))
    assert one.values.tolist() == list(range(9))
    assert "2 rows repeat another, cell by cell, and are left out" in remarks[0]


@pytest.mark.parametrize(("how", "value"), [("first", 3), ("last", 9), ("mean", 5), ("sum", 15)])
def test_rows_with_the_same_stamp_are_merged_as_asked_for(how, value, tmp_path):
    days = ["2023-01-01", "2023-01-02", "2023-01-02", "2023-01-02", "2023-01-03"]
    path = table(tmp_path / "a.csv", days, [1, 3, 3.0, 9, 4])
    with pytest.raises(
        DataError, match=r"row 4.*appears twice, also in row 3 \(2 such rows\)"
    ) as e:
        read(path)
    assert "series.duplicates=last" in e.value.hint
    ((one,), _) = read(path, duplicates=how)
    assert one.values.tolist() == [1, value, 4]


def test_hint_names_the_column_that_tells_series_apart(tmp_path):
    days = [str(day.date()) for day in moments(9, timedelta(1))]
    path = long(tmp_path / "a.csv", {"x": days, "y": days})
    with pytest.raises(DataError, match="row 11") as caught:
        read(path)
    assert "series.id=id" in caught.value.hint
    rows = [f"{name},{day},1" for day in days for name in "xy"]
    path.write_text("\n".join(["id,date,value", *rows]))
    with pytest.raises(DataError, match="row 3") as caught:
        read(path)
    assert "series.id=id" in caught.value.hint


@pytest.mark.parametrize("name", ["W-SUN", "MS", "T", "H", "QE-DEC", "monthly", "30T"])
def test_spellings_of_pandas_name_frequencies(name, tmp_path):
    from rnngen_series.frequency import parse

    expected = {"W-SUN": "1W", "MS": "1M", "T": "1min", "H": "1h", "QE-DEC": "1Q"}
    assert parse(name).name == {**expected, "monthly": "1M", "30T": "30min"}[name]
