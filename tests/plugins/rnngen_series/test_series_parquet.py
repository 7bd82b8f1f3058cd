"""Parquet as pandas, Polars and Spark write it, and covariates that are not numbers."""

import decimal
import json
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from rnngen.contracts.errors import DataError
from tests.plugins.rnngen_series.tables import begins, read

START = datetime(2023, 1, 1)
DAYS = [START + timedelta(days=n) for n in range(30)]
VALUES = [float(n) for n in range(30)]


def write(path, columns, **options):
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def test_nanoseconds_that_python_has_no_name_for_are_rounded(tmp_path):
    counts = [
        int(day.replace(tzinfo=UTC).timestamp()) * 10**9 + n % 3 for n, day in enumerate(DAYS)
    ]
    stamps = pyarrow.array(counts, pyarrow.timestamp("ns"))
    ((one,), _) = read(write(tmp_path / "a.parquet", {"date": stamps, "value": VALUES}))
    assert (one.frequency.name, begins(one, 30)) == ("1D", [f"{day:%Y-%m-%d}" for day in DAYS])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_stamps_of_every_unit_and_zone_are_read(unit, tmp_path):
    plain = pyarrow.array(DAYS, pyarrow.timestamp(unit))
    ((one,), _) = read(write(tmp_path / "a.parquet", {"ds": plain, "y": VALUES}))
    assert begins(one, 30) == [f"{day:%Y-%m-%d}" for day in DAYS]
    hours = [datetime(2023, 3, 20, tzinfo=UTC) + timedelta(hours=n) for n in range(300)]
    zoned = pyarrow.array(hours, pyarrow.timestamp(unit, tz="Europe/Berlin"))
    ((one,), _) = read(write(tmp_path / "b.parquet", {"ds": zoned, "y": list(range(300))}))
    assert (len(one), one.zone) == (300, "Europe/Berlin")
    assert begins(one, 1) == ["2023-03-20 01:00:00+01:00"]
    assert one.shown(299, 300) == ["2023-04-01 13:00:00+02:00"]


@pytest.mark.parametrize("kind", [pyarrow.date32(), pyarrow.date64(), pyarrow.string()])
def test_dates_are_read_as_any_type(kind, tmp_path):
    days = pyarrow.array([day.date() for day in DAYS]).cast(pyarrow.date32()).cast(kind)
    ((one,), _) = read(write(tmp_path / "a.parquet", {"day": days, "y": VALUES}))
    assert begins(one, 30) == [f"{day:%Y-%m-%d}" for day in DAYS]


@pytest.mark.parametrize("name", ["__index_level_0__", "when"])
def test_index_of_dates_is_the_time_whatever_its_name(name, tmp_path):
    ((one,), remarks) = read(write(tmp_path / "a.parquet", {"value": VALUES, name: DAYS}))
    assert (one.name, one.frequency.name, begins(one, 1)) == ("value", "1D", ["2023-01-01"])
    assert "has dates and is read as the time" in remarks[0]


def test_periods_of_pandas_are_months(tmp_path):
    about = {
        b"ARROW:extension:name": b"pandas.period",
        b"ARROW:extension:metadata": json.dumps({"freq": "M"}).encode(),
    }
    months = pyarrow.field("date", pyarrow.int64(), metadata=about)
    schema = pyarrow.schema([months, ("value", pyarrow.float64())])
    data = pyarrow.table([list(range(240, 270)), VALUES], schema=schema)
    parquet.write_table(data, tmp_path / "a.parquet")
    ((one,), _) = read(tmp_path / "a.parquet")
    assert (one.frequency.name, begins(one, 1)) == ("1M", ["1990-01-01"])


def test_values_of_every_number_type_are_read(tmp_path):
    columns = {
        "date": DAYS,
        "small": pyarrow.array(range(30), pyarrow.int8()),
        "half": pyarrow.array(np.arange(30, dtype=np.float16)),
        "exact": pyarrow.array([decimal.Decimal(n) for n in range(30)], pyarrow.decimal128(9, 2)),
        "words": pyarrow.array([f"{n},0" for n in range(30)]).dictionary_encode(),
        "gaps": [None if n == 4 else n for n in range(30)],
    }
    (found, _) = read(write(tmp_path / "a.parquet", columns))
    assert [one.name for one in found] == ["small", "half", "exact", "words", "gaps"]
    for one in found[:4]:
        assert one.values.tolist() == VALUES
    assert np.isnan(found[4].values[4])


def test_date_and_time_of_day_are_one_stamp(tmp_path):
    columns = {
        "date": [date(2023, 1, 1 + n // 24) for n in range(60)],
        "time": [time(n % 24) for n in range(60)],
        "y": list(range(60)),
    }
    ((one,), _) = read(write(tmp_path / "a.parquet", columns))
    assert (one.frequency.name, len(one)) == ("1h", 60)


def test_a_parquet_file_is_known_by_its_first_bytes(tmp_path):
    path = write(tmp_path / "a.parquet", {"date": DAYS, "value": VALUES})
    path.rename(tmp_path / "a.dat")
    assert len(read(tmp_path / "a.dat")[0][0]) == 30


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_yes_and_no_and_categories_are_numbers_known_in_advance(kind, tmp_path):
    promo = [n % 4 == 0 for n in range(30)]
    weather = [("sun", "rain", "snow")[n % 3] for n in range(30)]
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        columns = {"date": DAYS, "value": VALUES, "promo": promo}
        write(path, {**columns, "weather": pyarrow.array(weather).dictionary_encode()})
    else:
        rows = [f"{d},{v},{p},{w}" for d, v, p, w in zip(DAYS, VALUES, promo, weather, strict=True)]
        path.write_text("\n".join(["date,value,promo,weather", *rows]))
    ((one,), _) = read(path, target="value", known="promo,weather")
    assert one.columns == ("promo", "weather=rain", "weather=snow", "weather=sun")
    assert one.known[:, 0].tolist() == [float(each) for each in promo]
    for place, name in enumerate(("rain", "snow", "sun"), 1):
        assert one.known[:, place].tolist() == [float(each == name) for each in weather]


def test_categories_that_are_names_of_rows_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"2023-01-01 {n // 60:02}:{n % 60:02},{n},row{n}x" for n in range(99)]
    path.write_text("\n".join(["date,value,note", *rows]))
    with pytest.raises(DataError, match="99 different texts are too many categories"):
        read(path, target="value", known="note")


def test_data_without_a_category_is_read_for_a_model_that_knows_it(tmp_path):
    from rnngen_series.codec import fit_codec
    from rnngen_series.options import Options

    def series(name, cells):
        rows = [f"2023-01-{n + 1:02},{n * n % 7},{cell}" for n, cell in enumerate(cells)]
        path = tmp_path / name
        path.write_text("\n".join(["date,value,weather", *rows]))
        ((one,), _) = read(path, target="value", known="weather")
        return one

    learned = series("a.csv", ["sun", "rain", "snow"] * 8)
    codec = fit_codec([learned], Options(known="weather"))
    other = series("b.csv", ["hail", "sun"] * 8)
    said = []
    codec.remark_categories([learned, other], said.append)
    assert said == [
        "column `weather`: `hail`, in 8 rows, is not in the training data and is read as none of "
        "the categories"
    ]
    newer = codec.aligned(other)
    assert newer.columns == ("weather=rain", "weather=snow", "weather=sun")
    assert newer.known[:, 2].tolist() == [0.0, 1.0] * 8
    assert not newer.known[:, :2].any()
