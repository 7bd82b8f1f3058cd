"""Reading tables: forms, gaps, and everything that can be wrong with a file."""

import csv
import io
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError, UsageError
from rnngen.files.source import Source
from rnngen_series.domain import SeriesDomain
from rnngen_series.options import Options as SeriesOptions

values = st.one_of(
    st.none(), st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: float(f"{x:.5g}"))
)


def read(path, **options):
    return [
        piece.content
        for piece in SeriesDomain(SeriesOptions(**options)).read([Source(path.name, path)])
    ]


def write(path, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue())
    return path


def days(count, step=1):
    start = np.datetime64("2024-02-27")
    return [str(start + step * n) for n in range(count)]


def shown(value):
    return "" if value is None else repr(value)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(values, values), min_size=3, max_size=30))
def test_long_and_wide_form_of_one_table_are_the_same_series(tmp_path_factory, table):
    # Both must have a first and a last value, for a series begins and ends with one.
    table[0], table[-1] = (1.0, 2.0), (3.0, 4.0)
    folder = tmp_path_factory.mktemp("forms")
    stamps = days(len(table))
    wide = [
        ["date", "a", "b"],
        *([t, shown(a), shown(b)] for t, (a, b) in zip(stamps, table, strict=True)),
    ]
    long = [["item", "date", "units"]]
    for place, name in enumerate("ab"):
        long += [[name, t, shown(row[place])] for t, row in zip(stamps, table, strict=True)]
    one = read(write(folder / "wide.csv", wide), frequency="1D")
    other = read(write(folder / "long.csv", long), id="item", target="units", frequency="1D")
    assert [each.name for each in one] == [each.name for each in other] == ["a", "b"]
    for left, right, place in zip(one, other, (0, 1), strict=True):
        expected = [np.nan if row[place] is None else row[place] for row in table]
        assert np.array_equal(left.values, expected, equal_nan=True)
        assert np.array_equal(left.values, right.values, equal_nan=True)
        assert left.stamps(0, 3).tolist() == right.stamps(0, 3).tolist()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 59), min_size=20))
def test_rows_that_a_file_lacks_are_missing_values_on_the_grid(tmp_path_factory, present):
    places = sorted(present)
    path = tmp_path_factory.mktemp("gaps") / "gaps.csv"
    start = np.datetime64("2024-01-01T00:00")
    rows = [[str(start + np.timedelta64(15 * n, "m")), n] for n in places]
    write(path, [["time", "value"], *rows])
    (series,) = read(path, frequency="15min")
    expected = np.full(places[-1] - places[0] + 1, np.nan)
    expected[[n - places[0] for n in places]] = places
    assert np.array_equal(series.values, expected, equal_nan=True)
    assert str(series.stamps(0, 1)[0]) == str(start + np.timedelta64(15 * places[0], "m")) + ":00"


def test_leading_and_trailing_missing_values_are_not_of_the_series(tmp_path):
    rows = zip(days(6), ["", "NA", 1, "nan", 3, ""], strict=True)
    (series,) = read(write(tmp_path / "x.csv", [["date", "x"], *rows]))
    assert np.array_equal(series.values, [1, np.nan, 3], equal_nan=True)
    assert str(series.stamps(0, 1)[0]) == "2024-02-29T00:00:00"


def test_a_row_may_be_a_series_as_in_m4(tmp_path):
    path = tmp_path / "m4.csv"
    path.write_text('"V1","V2","V3","V4"\n"H1","5","6","7"\n"H2","8","9",""\n')
    one, two = read(path, rows=True)
    assert (one.name, one.values.tolist()) == ("H1", [5, 6, 7])
    assert (two.name, two.values.tolist()) == ("H2", [8, 9])


def test_columns_without_a_header_are_numbered_and_compressed_files_are_read(tmp_path):
    import gzip

    path = tmp_path / "rates.txt.gz"
    path.write_bytes(gzip.compress(b"0.5,1.5\n0.25,1.25\n"))
    one, two = read(path, header=False)
    assert [one.name, two.name] == ["1", "2"]
    assert two.values.tolist() == [1.5, 1.25]


def test_parquet_files_give_the_series_of_the_same_csv(tmp_path):
    import pyarrow
    from pyarrow import parquet

    stamps = [date(2024, 1, 1) + timedelta(days=n) for n in range(4)]
    table = pyarrow.table({"date": stamps, "x": [1.0, None, 3.5, 4.0], "n": [1, 2, 3, 4]})
    parquet.write_table(table, tmp_path / "t.parquet")
    rows = [
        [str(t), x, n] for t, x, n in zip(stamps, [1.0, "", 3.5, 4.0], [1, 2, 3, 4], strict=True)
    ]
    write(tmp_path / "t.csv", [["date", "x", "n"], *rows])
    for one, other in zip(read(tmp_path / "t.parquet"), read(tmp_path / "t.csv"), strict=True):
        assert one.name == other.name
        assert np.array_equal(one.values, other.values, equal_nan=True)
        assert one.stamps(0, 4).tolist() == other.stamps(0, 4).tolist()


def test_known_columns_reach_into_the_future(tmp_path):
    rows = [[t, v, p] for t, v, p in zip(days(5), [1, 2, 3, "", ""], [7, 7, 8, 9, 9], strict=True)]
    path = write(tmp_path / "x.csv", [["date", "units", "price"], *rows])
    (series,) = read(path, target="units", known="price")
    assert series.values.tolist() == [1, 2, 3]
    assert series.known[:, 0].tolist() == [7, 7, 8, 9, 9]


def test_rows_out_of_order_can_be_sorted(tmp_path):
    path = write(
        tmp_path / "x.csv", [["date", "x"], *zip(days(4)[::-1], [4, 3, 2, 1], strict=True)]
    )
    (series,) = read(path, sort=True)
    assert series.values.tolist() == [1, 2, 3, 4]


def test_parts_of_a_source_are_before_and_with_its_last_steps(tmp_path):
    path = write(tmp_path / "x.csv", [["date", "x"], *zip(days(10), range(10), strict=True)])
    domain = SeriesDomain(SeriesOptions(horizon=3))
    parts = domain.parts([Source("x", path)])
    (train,) = [piece.content for piece in domain.read(parts["train"])]
    (valid,) = [piece.content for piece in domain.read(parts["valid"])]
    assert train.values.tolist() == list(range(7))
    assert valid.values.tolist() == list(range(10))
    assert (train.held, valid.held) == (0, 3)
    assert SeriesDomain(SeriesOptions(hold_out=False)).parts([Source("x", path)]) is None


def test_several_files_of_one_series_each_are_named_by_their_files(tmp_path):
    sources = []
    for name in ("shoes", "hats"):
        path = write(
            tmp_path / f"{name}.csv", [["date", "x"], *zip(days(4), range(4), strict=True)]
        )
        sources.append(Source(str(path), path))
    found = [piece.content.name for piece in SeriesDomain().read(sources)]
    assert found == ["shoes", "hats"]


BAD = {
    "missing column": ("date,x\n2024-01-01,1\n", {"target": "y"}, "no column `y`", "it has"),
    "near column": ("date,units\n2024-01-01,1\n", {"target": "unit"}, "`unit`", "`units`"),
    "mixed types": ("date,x\n2024-01-01,1\n2024-01-02,abc\n", {}, "row 3, column `x`: `abc`", ""),
    "either comma": ("date;x\n2024-01-01;1\n2024-01-02;3,500\n", {}, "`3,500`", "decimal"),
    "boolean": ("date,x\n2024-01-01,true\n", {}, "`true` is not a number", ""),
    "infinity": ("date,x\n2024-01-01,1\n2024-01-02,-inf\n", {}, "row 3.*infinite", "empty"),
    "duplicate": ("date,x\n2024-01-01,1\n2024-01-01,2\n", {}, "row 3.*twice.*row 2", "series.id"),
    "unsorted": (
        "date,x\n2024-01-03,1\n2024-01-01,2\n2024-01-02,2\n",
        {},
        "row 3",
        "series.sort",
    ),
    "no time stamp": ("date,x\n2024-01-01,1\nsoon,2\n", {}, "row 3, column `date`", "format"),
    "empty stamp": ("date,x\n2024-01-01,1\n,2\n", {}, "row 3.*empty", "format"),
    "off the grid": (
        "date,x\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n2024-01-03 05:00,4\n",
        {},
        "row 5.*1D",
        "finer",
    ),
    "far away": (
        "date,x\n2024-01-01 00:00,1\n2024-01-01 00:01,2\n2024-01-01 00:02,3\n9024-01-01 00:00,3\n",
        {},
        "row 5.*steps of 1min",
        "coarser",
    ),
    "ragged": ("date,x\n2024-01-01,1\n2024-01-02,1,2\n", {}, "row 3 has 3 cells", "separator"),
    "same names": ("date,x,x\n2024-01-01,1,2\n", {}, "two columns named `x`", ""),
    "no rows": ("date,x\n", {}, "no rows", ""),
    "nothing": ("", {}, "no rows", ""),
    "no value": ("date,x\n2024-01-01,\n2024-01-02,NA\n", {}, "`x` has no value", ""),
    "no name": ("id,date,x\n,2024-01-01,1\n", {"id": "id"}, "row 2, column `id`", ""),
    "known is missing": (
        "date,x,p\n2024-01-01,1,2\n2024-01-02,1,\n",
        {"known": "p"},
        "row 3, column `p`",
        "",
    ),
    "too short to hold out": (
        "date,x\n2024-01-01,1\n2024-01-02,2\n",
        {"horizon": 2},
        "too few",
        "horizon",
    ),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_file_is_said_with_its_row_and_what_to_do(tmp_path, case):
    text, options, message, hint = case
    path = tmp_path / "bad.csv"
    path.write_text(text)
    domain = SeriesDomain(SeriesOptions(**options))
    sources = domain.parts([Source("bad.csv", path)])["train"] if "horizon" in options else None
    with pytest.raises(DataError, match=f"`bad.csv`.*{message}") as error:
        list(domain.read(sources or [Source("bad.csv", path)]))
    assert hint in (error.value.hint or "")


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"date,x\n2024-01-01,1\n2024-01-02,\xff\n")
    with pytest.raises(DataError, match="line 3"):
        read(path)


def test_a_date_of_parquet_that_python_has_no_name_for_is_an_error(tmp_path):
    import pyarrow
    from pyarrow import parquet

    days = pyarrow.array([1, 2**30], pyarrow.date32())
    parquet.write_table(pyarrow.table({"date": days, "y": [1.0, 2.0]}), tmp_path / "far.parquet")
    with pytest.raises(DataError, match=r"`far.parquet` can't be read as Parquet: "):
        read(tmp_path / "far.parquet")


def test_a_damaged_parquet_file_is_an_error(tmp_path):
    path = tmp_path / "bad.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(DataError, match=r"`bad.parquet` can't be read as Parquet"):
        read(path)


@pytest.mark.parametrize(
    "options",
    [
        {"rows": True, "target": "x"},
        {"frequency": "fortnight"},
        {"target": "x", "known": "x"},
        {"id": "date"},
        {"separator": "ab"},
    ],
)
def test_options_that_contradict_each_other_are_errors(tmp_path, options):
    path = tmp_path / "x.csv"
    path.write_text("date,x,y\n2024-01-01,1,2\n2024-01-02,1,2\n")
    with pytest.raises(UsageError):
        read(path, **options)
