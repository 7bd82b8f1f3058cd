"""Several files: parts of a series or series of their own, folders that name them, equal names."""

from datetime import date, timedelta

import pytest

from rnngen.contracts.errors import DataError
from tests.plugins.rnngen_series.tables import begins, read, table


def days(count, start="2021-01-01"):
    return [str(date.fromisoformat(start) + timedelta(n)) for n in range(count)]


def shops(path, stamps):
    rows = [f"{day},{shop},{n}" for shop in ("s1", "s2") for n, day in enumerate(stamps)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["date,store,units", *rows]) + "\n")
    return path


def years(tmp_path, **options):
    one = shops(tmp_path / "y2021.csv", days(365))
    other = shops(tmp_path / "y2022.csv", days(365, "2022-01-01"))
    return read(one, other, id="store", target="units", **options)


def test_a_file_for_each_year_is_one_series_for_each_name(tmp_path):
    (found, remarks) = years(tmp_path)
    assert [(one.name, len(one), begins(one, 1)) for one in found] == [
        ("s1", 730, ["2021-01-01"]),
        ("s2", 730, ["2021-01-01"]),
    ]
    assert not remarks


def test_files_that_follow_each_other_are_joined_in_order_of_time_and_this_is_said(tmp_path):
    one = table(tmp_path / "b.csv", days(100, "2021-04-11"), range(100, 200))
    other = table(tmp_path / "a.csv", days(100), range(100))
    (found, remarks) = read(one, other)
    assert [(each.name, each.values.tolist()) for each in found] == [("value", list(range(200)))]
    assert "2 files follow each other in time and are joined" in remarks[0]
    assert "series.files=separate" in remarks[0]


def test_files_are_joined_or_kept_separate_as_said(tmp_path):
    (found, _) = years(tmp_path, files="separate")
    assert [one.name for one in found] == ["y2021:s1", "y2021:s2", "y2022:s1", "y2022:s2"]
    one = table(tmp_path / "a.csv", days(20))
    other = table(tmp_path / "b.csv", days(20, "2021-01-19"))
    with pytest.raises(DataError, match=r"b.csv`, row 2.*twice, also in `.*a.csv`, row 20") as e:
        read(one, other, files="join")
    assert "series.files=separate" in e.value.hint
    (found, _) = read(one, other, files="join", duplicates="last")
    assert found[0].values.tolist() == [*range(1, 19), *range(1, 21)]
    assert [each.name for each in read(one, other)[0]] == ["a", "b"]


def test_files_without_time_stamps_are_series_of_their_own_unless_joined(tmp_path):
    paths = []
    for name in "ab":
        path = tmp_path / f"{name}.csv"
        path.write_text("value\n1\n2\n4\n")
        paths.append(path)
    assert [one.name for one in read(*paths)[0]] == ["a", "b"]
    assert read(*paths, files="join")[0][0].values.tolist() == [1, 2, 4, 1, 2, 4]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["store.1.csv", "store.2.csv"], ["store.1", "store.2"]),
        (["north/sales.csv", "south/sales.csv"], ["north/sales", "south/sales"]),
        (["a.csv", "a.tsv"], ["a.csv", "a.tsv"]),
        (["a.csv.gz", "b.csv"], ["a", "b"]),
        (["2.csv", "10.csv"], ["2", "10"]),
    ],
)
def test_files_with_like_names_are_kept_apart(names, expected, tmp_path):
    import gzip

    paths = [table(tmp_path / name, days(9)) for name in names]
    for path in paths:
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(path.read_bytes()))
    found = [one.name for one in read(*paths)[0]]
    assert len(set(found)) == len(found)
    assert [name.removeprefix(f"{tmp_path}/") for name in found] == expected


def test_rows_and_columns_with_equal_names_are_kept_apart(tmp_path):
    path = tmp_path / "m4.csv"
    path.write_text("id,1,2\nA,5,6\nA,7,8\nB,1,2\n")
    names = [one.name for one in read(path, rows=True)[0]]
    assert names == ["A", "A (2)", "B"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_folders_of_a_hive_partition_name_series_and_times_part_them(suffix, tmp_path):
    paths = []
    for store in ("s 1", "s2"):
        for year in (2021, 2022):
            folder = tmp_path / f"store={store.replace(' ', '%20')}" / f"year={year}"
            folder.mkdir(parents=True)
            stamps = days(365, f"{year}-01-01")
            path = table(folder / "part-0.csv", stamps)
            if suffix == "parquet":
                from pyarrow import csv, parquet

                parquet.write_table(csv.read_csv(path), path.with_suffix(".parquet"))
                path = path.with_suffix(".parquet")
            paths.append(path)
    (found, remarks) = read(*paths)
    assert [(one.name, len(one)) for one in found] == [("s 1", 730), ("s2", 730)]
    assert any("named by the folders `store`" in remark for remark in remarks)


def test_two_columns_may_name_a_series(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{s},{i},{d},1" for s in "xy" for i in (1, 2) for d in days(5)]
    path.write_text("\n".join(["store,item,date,units", *rows]))
    (found, _) = read(path, id="store,item", target="units")
    assert [one.name for one in found] == ["x/1", "x/2", "y/1", "y/2"]


def test_dates_in_the_names_of_columns_are_the_time_of_series_in_rows(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text("Part,Nov-98,Dec-98,Jan-99,Feb-99\n21,0,2,1,\n22,,5,6,7\n")
    (found, remarks) = read(path, rows=True)
    assert [(one.name, one.frequency.name, begins(one, 1)[0]) for one in found] == [
        ("21", "1M", "1998-11-01"),
        ("22", "1M", "1998-12-01"),
    ]
    assert "Nov-98 are read as dates" in remarks[0].replace("`", "")


def test_one_series_of_many_that_is_too_short_does_not_stop_the_others(tmp_path):
    from rnngen.files.source import Source
    from rnngen_series.domain import SeriesDomain
    from rnngen_series.options import Options

    path = tmp_path / "a.csv"
    rows = [
        f"{name},{day},{n % 7}"
        for name, count in (("old", 90), ("new", 20), ("one", 1))
        for n, day in enumerate(days(count))
    ]
    path.write_text("\n".join(["id,date,value", *rows]))
    domain = SeriesDomain(Options(id="id", horizon=14))
    parts = domain.parts([Source("a.csv", path)])
    train = [piece.content for piece in domain.read(parts["train"])]
    valid = [piece.content for piece in domain.read(parts["valid"])]
    assert [(one.name, len(one)) for one in train] == [("old", 76), ("new", 20)]
    assert [(one.name, one.held) for one in valid] == [("old", 14)]
    said = " ".join(domain.remarks)
    assert "1 of 3 series, such as `one`, has a single value" in said
    assert "1 of 2 series, such as `new`, is too short to hold out 14 steps" in said
