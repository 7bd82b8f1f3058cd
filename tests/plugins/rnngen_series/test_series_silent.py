"""What stands in the column of time is read as what it is, or refused; never taken for values."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError, UsageError
from rnngen.files.source import Source
from rnngen_series.domain import SeriesDomain
from rnngen_series.options import Options as SeriesOptions

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def read(path, **options):
    domain = SeriesDomain(SeriesOptions(**options))
    found = [piece.content for piece in domain.read([Source(path.name, path)])]
    return found, list(domain.remarks)


def table(path, stamps, head="date", name="value"):
    lines = [f"{head},{name}", *(f"{stamp},{10 + n % 7}.5" for n, stamp in enumerate(stamps))]
    path.write_text("\n".join(lines) + "\n")
    return path


def parquet(path, index_name, index, values="value"):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as files

    values = {values: [10.5 + n % 7 for n in range(len(index))]}
    files.write_table(arrow.table({**values, index_name: index}), path)
    return path


def stamps(series):
    return [str(stamp) for stamp in series.stamps(0, len(series))]


MONTHS = [100 * year + month for year in range(1990, 1994) for month in range(1, 13)]
DAYS = [int(str(np.datetime64("2023-12-20") + n).replace("-", "")) for n in range(40)]


def test_numbers_of_year_and_month_are_months(tmp_path):
    ((one,), (remark,)) = read(table(tmp_path / "a.csv", MONTHS))
    assert (one.frequency.name, len(one)) == ("1M", 48)
    assert np.isfinite(one.values).all()
    assert stamps(one)[:2] == ["1990-01-01T00:00:00", "1990-02-01T00:00:00"]
    assert "199001 are read as year and month" in remark


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_numbers_of_year_month_and_day_are_days(kind, tmp_path):
    path = tmp_path / f"a.{kind}"
    path = table(path, DAYS) if kind == "csv" else parquet(path, "date", DAYS)
    ((one,), _) = read(path)
    assert (one.frequency.name, len(one)) == ("1D", 40)
    assert stamps(one)[12] == "2024-01-01T00:00:00"


def test_numbers_of_a_day_of_the_year_are_days(tmp_path):
    days = [*range(2023350, 2023366), *range(2024001, 2024020)]
    ((one,), _) = read(table(tmp_path / "a.csv", days))
    assert (one.frequency.name, len(one)) == ("1D", 35)


@settings(max_examples=30, deadline=None)
@given(
    begin=st.integers(10**8, 4 * 10**9),
    step=st.sampled_from([1, 60, 900, 3600, 86400]),
    unit=st.sampled_from(list(PER_SECOND)),
)
def test_seconds_since_1970_are_moments_whatever_their_unit(begin, step, unit, tmp_path_factory):
    count = [(begin + step * n) * PER_SECOND[unit] for n in range(5)]
    ((one,), _) = read(table(tmp_path_factory.mktemp("e") / "a.csv", count))
    expected = np.array([begin + step * n for n in range(5)]).astype("datetime64[s]")
    assert stamps(one) == [str(stamp) for stamp in expected]


@settings(max_examples=60, deadline=None)
@given(day=st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 30)))
def test_every_day_is_read_as_the_calendar_has_it(day, tmp_path_factory):
    days = [np.datetime64(day), np.datetime64(day) + 1]
    numbers = [str(each).replace("-", "") for each in days]
    if days[1] < np.datetime64("2200-01-01"):
        ((one,), _) = read(table(tmp_path_factory.mktemp("d") / "a.csv", numbers))
        assert stamps(one) == [f"{each}T00:00:00" for each in days]


def test_numbers_that_count_still_count(tmp_path):
    for counts in (range(48), range(0, 480, 10), range(5000, 5048)):
        ((one,), remarks) = read(table(tmp_path / "a.csv", counts))
        assert one.frequency.unit == "step"
        assert not remarks
    for counts, gaps in (([1, 2, 3, 7, 8], "3 of 8"), ([-3, -2, 0], "1 of 4")):
        ((one,), remarks) = read(table(tmp_path / "a.csv", counts))
        assert one.frequency.unit == "step"
        assert remarks == [f"{gaps} steps of 1step have no row: read as missing values"]


def test_numbers_like_dates_count_where_the_user_says_so(tmp_path):
    ((one,), _) = read(table(tmp_path / "a.csv", MONTHS[:12]), frequency="step")
    assert one.frequency.unit == "step"
    with pytest.raises(UsageError, match="time stamps are dates"):
        read(table(tmp_path / "b.csv", ["2024-01-01", "2024-01-02"]), frequency="step")


@pytest.mark.parametrize(
    ("numbers", "what"),
    [
        ([20240130, 20240131, 20240132, 20240201], "`20240132`, which is not a date"),
        ([20230227, 20230228, 20230229], "`20230229`, which is not a date"),
        ([202311, 202312, 202313, 202401], "`202313`, which is not a date"),
        ([202350, 202351, 202352, 202401, 202402], "year and week"),
        ([20233, 20234, 20241, 20242], "year and quarter"),
        ([230130, 230131, 230201, 230202], "two digits for the year"),
        ([30012024, 31012024, 1022024], "day, month and year"),
    ],
)
def test_numbers_that_are_dates_nobody_can_read_are_refused(numbers, what, tmp_path):
    with pytest.raises(DataError, match=what) as caught:
        read(table(tmp_path / "a.csv", numbers), sort=True)
    assert "series.frequency=step" in caught.value.hint


def test_number_is_read_by_the_format_that_was_named(tmp_path):
    path = parquet(tmp_path / "a.parquet", "date", [230130, 230131, 230201])
    ((one,), _) = read(path, format="%y%m%d")
    assert stamps(one)[2] == "2023-02-01T00:00:00"


@pytest.mark.parametrize("head", ["", "Unnamed: 0"])
@pytest.mark.parametrize("dates", [DAYS, ["2023-12-20", "2023-12-21", "2023-12-23"], MONTHS])
def test_dates_of_a_column_without_a_name_are_the_time(head, dates, tmp_path):
    (series, remarks) = read(table(tmp_path / "a.csv", dates, head))
    assert [one.name for one in series] == ["value"]
    assert series[0].frequency.unit in ("second", "month")
    assert any("unnamed column has dates" in remark for remark in remarks)


def test_dates_of_a_saved_index_without_a_name_are_the_time(tmp_path):
    days = [datetime.datetime(2023, 1, 1) + datetime.timedelta(days=n) for n in range(20)]
    (series, _) = read(parquet(tmp_path / "a.parquet", "__index_level_0__", days))
    assert [(one.name, one.frequency.name) for one in series] == [("value", "1D")]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("head", ["", "Unnamed: 0"])
def test_numbers_of_rows_without_a_name_are_neither_time_nor_values(first, head, tmp_path):
    (series, remarks) = read(table(tmp_path / "a.csv", range(first, 30), head))
    assert [one.name for one in series] == ["value"]
    assert series[0].frequency.unit == "step"
    assert any("numbers the rows and is left out" in remark for remark in remarks)


def test_numbers_of_rows_beside_dates_are_left_out_for_every_series(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{n},{item},2024-01-{n + 1:02},{n}.5" for item in "ab" for n in range(9)]
    path.write_text(",item,date,units\n" + "\n".join(rows) + "\n")
    (series, _) = read(path, id="item")
    assert [(one.name, one.frequency.name) for one in series] == [("a", "1D"), ("b", "1D")]


def test_column_without_a_name_that_may_be_anything_is_refused(tmp_path):
    path = table(tmp_path / "a.csv", [5, 9, 12, 3], "")
    with pytest.raises(DataError, match=r"unnamed column .* but `5, 9, 12`") as caught:
        read(path)
    assert "series.time=index" in caught.value.hint
    (series, remarks) = read(path, target="value")
    assert (len(series), len(remarks)) == (1, 1)
    (series, _) = read(path, target="index,value")
    assert [one.name for one in series] == ["index", "value"]
