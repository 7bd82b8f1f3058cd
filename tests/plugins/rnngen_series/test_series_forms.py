"""Dates in the forms that people and programs write them in, with the dates they stand for."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from tests.plugins.rnngen_series.tables import begins, read, table

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]


def months(count, year=1990):
    return [date(year + n // 12, n % 12 + 1, 1) for n in range(count)]


def quarters(count, year=1990):
    return [(year + n // 4, n % 4 + 1) for n in range(count)]


SERIES = {
    "1990Q1": [f"{y}Q{q}" for y, q in quarters(12)],
    "1990-Q1": [f"{y}-Q{q}" for y, q in quarters(12)],
    "1990 Q1": [f"{y} Q{q}" for y, q in quarters(12)],
    "Q1 1990": [f"Q{q} {y}" for y, q in quarters(12)],
    "Q1-90": [f"Q{q}-{y % 100}" for y, q in quarters(12)],
    "1990M01": [f"{d:%YM%m}" for d in months(30)],
    "1990-01": [f"{d:%Y-%m}" for d in months(30)],
    "1990/1": [f"{d.year}/{d.month}" for d in months(30)],
    "01/1990": [f"{d:%m/%Y}" for d in months(30)],
    "Jan-90": [f"{d:%b-%y}" for d in months(30)],
    "Jan 1990": [f"{d:%b %Y}" for d in months(30)],
    "January 1990": [f"{d:%B %Y}" for d in months(30)],
    "1990 Jan": [f"{d:%Y %b}" for d in months(30)],
    "01-JAN-1990": [f"{d:%d-%b-%Y}".upper() for d in months(30)],
    "Jan 1 1990": [f"{d:%b} {d.day} {d.year}" for d in months(30)],
    "Jan 1, 1990": [f"{d:%b} {d.day}, {d.year}" for d in months(30)],
    "199001.0": [f"{d:%Y%m}.0" for d in months(30)],
    "1990.0833": [f"{d.year + (d.month - 1) / 12:.4f}" for d in months(30)],
    "1990.083": [f"{d.year + (d.month - 1) / 12:.3f}" for d in months(30)],
    "1990.0416": [f"{d.year + (d.month - 0.5) / 12:.4f}" for d in months(30)],
    "1990.01": [f"{d.year}.{d.month:02}" for d in months(30)],
    "1990.1 for October": [f"{d.year}.{d.month:02}".rstrip("0") for d in months(30)],
    "1/1/1990": [f"{d.month}/{d.day}/{d.year}" for d in months(30)],
    "1990-01-31": [str((d + timedelta(31)).replace(day=1) - timedelta(1)) for d in months(30)],
    "1990.25": [f"{y + (q - 1) / 4:.2f}" for y, q in quarters(12)],
}


@pytest.mark.parametrize("name", SERIES)
def test_months_and_quarters_are_read_whatever_their_form(name, tmp_path):
    stamps = SERIES[name]
    ((one,), _) = read(table(tmp_path / "a.csv", [f'"{stamp}"' for stamp in stamps]))
    count, step = len(stamps), 12 // one.frequency.season
    assert one.frequency.name == ("1Q" if count == 12 else "1M")
    assert len(one) == count
    expected = [f"{1990 + n * step // 12}-{n * step % 12 + 1:02}" for n in range(count)]
    assert [shown[:7] for shown in begins(one, count)] == expected


DAY_FORMS = {
    "%Y-%m-%d": 25,
    "%Y/%m/%d": 25,
    "%Y.%m.%d": 25,
    "%Y%m%d": 25,
    "%d.%m.%Y": 25,
    "%d/%m/%Y": 25,
    "%m/%d/%Y": 25,
    "%m/%d/%y": 25,
    "%d-%m-%Y": 25,
    "%d-%b-%Y": 25,
    "%d %B %Y": 25,
    "%B %d, %Y": 25,
    "%a, %d %b %Y": 25,
    "%Y-%b-%d": 25,
    "%Y-%m-%dT%H:%M:%S": 25,
    "%Y-%m-%d %H:%M": 25,
    "%Y-%m-%d %H:%M:%S.%f": 25,
    "%m/%d/%Y %I:%M %p": 25,
    "%d.%m.%Y %H.%M.%S": 25,
    "%G-W%V-%u": 25,
    "%Y%m%dT%H%M%S": 25,
}


@pytest.mark.parametrize("form", DAY_FORMS)
def test_days_are_read_whatever_their_form(form, tmp_path):
    days = [datetime(2023, 1, 20) + timedelta(n) for n in range(DAY_FORMS[form])]
    ((one,), _) = read(table(tmp_path / "a.csv", [f'"{day.strftime(form)}"' for day in days]))
    assert (one.frequency.name, len(one)) == ("1D", len(days))
    assert begins(one, len(days)) == [f"{day:%Y-%m-%d}" for day in days]


@pytest.mark.parametrize("form", ["{0.year}-{0.month}-{0.day}", "{0.year}/{0.month}/{0.day} 0:00"])
def test_numbers_without_leading_zeros_are_read(form, tmp_path):
    days = [datetime(2023, 1, 1) + timedelta(n) for n in range(15)]
    ((one,), _) = read(table(tmp_path / "a.csv", [form.format(day) for day in days]))
    assert begins(one, 15) == [f"{day:%Y-%m-%d}" for day in days]


def test_weeks_of_iso_8601_are_weeks_also_where_a_year_has_53(tmp_path):
    weeks = [date(2020, 12, 7) + timedelta(7 * n) for n in range(8)]
    names = [f"{week:%G}-W{week:%V}" for week in weeks]
    assert "2020-W53" in names
    ((one,), _) = read(table(tmp_path / "a.csv", names))
    assert (one.frequency.name, begins(one, 8)) == ("1W", [str(week) for week in weeks])


@pytest.mark.parametrize("day", range(7))
def test_weeks_may_end_on_any_day(day, tmp_path):
    weeks = [date(2023, 1, 1 + day) + timedelta(7 * n) for n in range(20)]
    ((one,), _) = read(table(tmp_path / "a.csv", weeks))
    assert (one.frequency.name, begins(one, 20)) == ("1W", [str(week) for week in weeks])


@settings(max_examples=40, deadline=None)
@given(
    begin=st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1)),
    step=st.sampled_from([1, 100, 1500, 60_000, 86_400_000]),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
)
def test_moments_since_1970_are_read_with_their_fractions(begin, step, unit, tmp_path_factory):
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    if unit == "s" and step % 1000:
        step = 1000
    begin = begin.replace(microsecond=0)
    seconds = round((begin - datetime(1970, 1, 1)).total_seconds())
    counts = [seconds * per_second + n * step * per_second // 1000 for n in range(6)]
    ((one,), _) = read(table(tmp_path_factory.mktemp("e") / "a.csv", counts))
    expected = [begin + timedelta(milliseconds=n * step) for n in range(6)]
    assert one.stamps(0, 6).astype("datetime64[us]").astype(datetime).tolist() == expected
    assert np.isfinite(one.values).all()


@pytest.mark.parametrize(
    ("milliseconds", "name"), [(1500, "1500ms"), (100, "100ms"), (20, "20ms"), (2000, "2s")]
)
def test_fractions_of_a_second_are_kept(milliseconds, name, tmp_path):
    start = datetime(2023, 3, 1)
    moments = [start + timedelta(milliseconds=milliseconds * n) for n in range(40)]
    stamps = [moment.isoformat(timespec="milliseconds") for moment in moments]
    ((one,), remarks) = read(table(tmp_path / "a.csv", stamps))
    assert (one.frequency.name, len(one), remarks) == (name, 40, [])
    assert one.stamps(0, 40).astype("datetime64[us]").astype(datetime).tolist() == moments


def test_date_and_time_of_day_in_two_columns_are_one_stamp(tmp_path):
    hours = [datetime(2004, 3, 10, 18) + timedelta(hours=n) for n in range(30)]
    rows = [f"{hour:%d/%m/%Y};{hour:%H.%M.%S};{n},5;;" for n, hour in enumerate(hours)]
    path = tmp_path / "air.csv"
    path.write_text("\n".join(["Date;Time;CO(GT);;", *rows]) + "\n")
    ((one,), remarks) = read(path)
    assert (one.name, one.frequency.name) == ("CO(GT)", "1h")
    assert begins(one, 2) == ["2004-03-10 18:00:00", "2004-03-10 19:00:00"]
    assert one.values.tolist() == [n + 0.5 for n in range(30)]
    assert any("`Date` and `Time` are read as one time stamp" in remark for remark in remarks)


@pytest.mark.parametrize("first", [0, 1])
def test_date_and_number_of_the_hour_are_one_stamp(first, tmp_path):
    days = [date(2023, 1, 1) + timedelta(n // 24) for n in range(96)]
    rows = [f"{day},{n % 24 + first},{n}" for n, day in enumerate(days)]
    path = tmp_path / "load.csv"
    path.write_text("\n".join(["date,hour,load", *rows]))
    ((one,), _) = read(path)
    assert (one.name, one.frequency.name, len(one)) == ("load", "1h", 96)
    assert one.stamps(0, 1)[0] == np.datetime64("2023-01-01") + np.timedelta64(first, "h")


def test_year_month_day_and_hour_in_columns_are_one_stamp(tmp_path):
    hours = [datetime(2010, 1, 30, 22) + timedelta(hours=n) for n in range(60)]
    rows = [f"{n + 1},{h.year},{h.month},{h.day},{h.hour},{n}" for n, h in enumerate(hours)]
    path = tmp_path / "pm.csv"
    path.write_text("\n".join(["No,year,month,day,hour,pm2.5", *rows]) + "\n")
    (found, _) = read(path, target="pm2.5")
    assert begins(found[0], 3)[2] == "2010-01-31"
    assert len(found[0]) == 60


def test_column_of_dates_is_found_whatever_its_name(tmp_path):
    for head in ("Month,Passengers", "observation_date,Passengers", "when,Passengers"):
        ((one,), remarks) = read(table(tmp_path / "a.csv", SERIES["1990-01"], head=head))
        assert (one.name, one.frequency.name) == ("Passengers", "1M")
        assert "has dates and is read as the time" in remarks[0]


def test_day_and_month_that_may_be_either_are_a_question(tmp_path):
    dates = ["1/2/2023", "2/3/2023", "5/1/2023", "7/7/2023"]
    with pytest.raises(DataError, match="the day or the month first") as caught:
        read(table(tmp_path / "a.csv", dates), sort=True)
    assert "%m/%d/%Y" in caught.value.hint


@pytest.mark.parametrize(
    "odd", ["2023-02-30", "2023-01-05 25:00", "soon", "Januar 5", "2023-13-01"]
)
def test_stamp_unlike_the_others_is_named_with_its_row(odd, tmp_path):
    days = [str(date(2023, 1, 1) + timedelta(n)) for n in range(9)]
    days[4] = odd
    with pytest.raises(
        DataError, match=rf"row 6, column `date`: the time stamp is `{odd}`"
    ) as said:
        read(table(tmp_path / "a.csv", days))
    assert "2023-01-01" in said.value.message
