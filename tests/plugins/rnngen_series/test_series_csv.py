"""CSV as programs of all countries write it: separators, marks, words, titles, comments, ends."""

import re
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError, UsageError
from tests.plugins.rnngen_series.tables import begins, read, table

DAYS = [str(date(2023, 1, 1) + timedelta(n)) for n in range(12)]
NUMBERS = [1234.5, -0.25, 0.0, 12.0, 1_234_567.25, 7.125, 3.0, 99.5, 100.0, -1000.0, 5.5, 6.0]


def us(value):
    return f"{value:,}"


def european(value):
    return f"{value:,}".translate(str.maketrans(",.", ".,"))


def swiss(value):
    return f"{value:,}".replace(",", "'")


def french(value):
    return f"{value:,}".replace(",", "\u202f").replace(".", ",")


@pytest.mark.parametrize("write", [str, us, european, swiss, french])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_numbers_are_read_with_the_marks_of_any_country(write, separator, tmp_path):
    values = [write(value) for value in NUMBERS]
    ((one,), _) = read(table(tmp_path / "a.csv", DAYS, values, separator=separator))
    assert one.values.tolist() == NUMBERS


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=2, max_size=12),
    write=st.sampled_from([us, european, french]),
)
def test_marks_are_read_as_named_and_never_guessed_wrong(values, write, tmp_path_factory):
    cells = [write(value) for value in values]
    path = table(tmp_path_factory.mktemp("n") / "a.csv", DAYS[: len(cells)], cells, separator=";")
    decimal = "." if write is us else ","
    assert read(path, decimal=decimal)[0][0].values.tolist() == values
    either = all(re.fullmatch(r"[1-9]\d{0,2},\d{3}|[^,]*", cell.lstrip("-")) for cell in cells)
    if either and any("," in cell for cell in cells):
        with pytest.raises(DataError, match="decimal mark or stand between thousands"):
            read(path)
    else:
        assert read(path)[0][0].values.tolist() == values


def test_comma_before_three_digits_is_a_question_that_an_option_answers(tmp_path):
    values = [f'"{n},{n * 37 % 1000:03}"' for n in range(1, 13)]
    path = table(tmp_path / "a.csv", DAYS, values)
    with pytest.raises(DataError, match="row 2, column `value`: the comma in `1,037`") as caught:
        read(path)
    assert "series.decimal=." in caught.value.hint
    whole = [1000 * n + n * 37 % 1000 for n in range(1, 13)]
    assert read(path, decimal=".")[0][0].values.tolist() == whole
    assert read(path, decimal=",")[0][0].values.tolist() == [number / 1000 for number in whole]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("$1,234.50", 1234.5), ("12%", 12), ("(5.5)", -5.5), ("−3", -3), ("1e3", 1000), ("+.5", 0.5)],
)
def test_signs_around_numbers_are_read(cell, value, tmp_path):
    ((one,), _) = read(table(tmp_path / "a.csv", DAYS[:2], [f'"{cell}"', "1"]))
    assert one.values.tolist() == [value, 1]


@pytest.mark.parametrize("cell", ["1.2.3", "1,2,3", "12abc", "1_000", "0x1F", "1 2", "--5"])
def test_what_is_not_a_number_is_refused(cell, tmp_path):
    with pytest.raises(DataError, match=r"row 3, column `value`: `.*` is not a number"):
        read(table(tmp_path / "a.csv", DAYS[:3], ["1", f'"{cell}"', "2.5"], separator=";"))


WORDS = ["NA", "NaN", "nan", "NULL", "None", "<NA>", "#N/A", "n/a", "-nan", "1.#QNAN"]


@pytest.mark.parametrize("word", [*WORDS, "?", "--", "..", ":", "#DIV/0!", "missing"])
def test_words_for_missing_values_are_missing_and_unusual_ones_are_counted(word, tmp_path):
    ((one,), remarks) = read(table(tmp_path / "a.csv", DAYS[:5], [1, word, 3, word, 5]))
    assert np.array_equal(one.values, [1, np.nan, 3, np.nan, 5], equal_nan=True)
    if word in ("?", "--", "..", ":", "missing"):
        assert remarks == [f"`{tmp_path}/a.csv`: `{word}` is read as a missing value, 2 times"]


def test_more_words_and_numbers_may_mean_missing(tmp_path):
    path = table(tmp_path / "a.csv", DAYS[:5], [1, -999, "off", "-999.0", 5])
    with pytest.raises(DataError, match="`off` is not a number") as caught:
        read(path)
    assert "series.missing=WORD" in caught.value.hint
    ((one,), _) = read(path, missing="off, -999")
    assert np.array_equal(one.values, [1, np.nan, np.nan, np.nan, 5], equal_nan=True)


BODY = [f"{day},{n}" for n, day in enumerate(DAYS)]


@pytest.mark.parametrize(
    ("before", "after", "remark"),
    [
        (["Sales report 2023", "", "date,value"], [], "1 line before"),
        (["Sales report 2023,", "by shop,", "date,value"], [], "2 lines before"),
        (["# made by logger", "date,value"], [], ""),
        (["% ARFF-like", "% two", "date,value"], ["% end"], ""),
        (["sep=,", "date,value"], [], ""),
        (["date,value"], ["", "Source: the office"], "1 line after"),
        (["date,value"], ["Total,"], "1 line after"),
        (["# date,value"], [], ""),
        (["date,value"], [",", ","], ""),
        (["\ufeffdate,value"], [], ""),
    ],
)
def test_what_stands_around_a_table_is_left_out_and_said(before, after, remark, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join([*before, *BODY, *after]) + "\n")
    ((one,), remarks) = read(path)
    assert (one.name, one.values.tolist()) == ("value", list(range(12)))
    assert begins(one, 1) == [DAYS[0]]
    assert bool(remarks) == bool(remark)
    assert remark in "".join(remarks)


def test_lines_before_a_table_and_comments_can_be_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["a,b", "1,2", "date,value", *BODY[:6], "! off,off", *BODY[6:]]))
    ((one,), _) = read(path, skip_rows=2, comment="!")
    assert one.values.tolist() == list(range(12))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_as_on_any_system_and_rows_are_counted_alike(end, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["date,value", *BODY]).encode())
    assert read(path)[0][0].values.tolist() == list(range(12))
    path.write_bytes(end.join(["# a", "", "date,value", *BODY[:3], "2023-01-04,x1"]).encode())
    with pytest.raises(DataError, match="row 7, column `value`: `x1`"):
        read(path)


def test_unicode_text_of_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\r\n".join(["date\tvalue", *BODY]).replace(",", "\t").encode("utf-16"))
    assert read(path)[0][0].values.tolist() == list(range(12))


def test_rows_of_r_and_pandas_with_their_names_are_read(tmp_path):
    path = tmp_path / "a.txt"
    rows = [f'"{n + 1}" "{day}" {n}' for n, day in enumerate(DAYS)]
    path.write_text("\n".join(['"date" "value"', *rows]) + "\n")  # write.table
    assert read(path)[0][0].values.tolist() == list(range(12))
    rows = [f'"{n + 1}","{day}",{n}' for n, day in enumerate(DAYS)]
    path.write_text("\n".join(['"","date","value"', *rows]) + "\n")  # write.csv
    assert read(path)[0][0].values.tolist() == list(range(12))
    rows = [f"{day},{n}" for n, day in enumerate(DAYS)]
    path.write_text("\n".join([",value", *rows]) + "\n")  # to_csv of a DatetimeIndex
    assert begins(read(path)[0][0], 1) == [DAYS[0]]


def test_separators_at_the_ends_of_rows_make_no_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["date;value;;", *(f"{row};;".replace(",", ";") for row in BODY)]))
    assert [one.name for one in read(path)[0]] == ["value"]
    path.write_text("\n".join(["date,value", *(f"{row}," for row in BODY)]))
    assert [one.name for one in read(path)[0]] == ["value"]


def test_first_row_with_values_is_not_taken_for_names(tmp_path):
    for rows in (["1.5,2.5", "3.5,4.5"], ["2023-01-01,5", "2023-01-02,6"]):
        path = tmp_path / "a.csv"
        path.write_text("\n".join(rows))
        with pytest.raises(DataError, match="row 1: the names of columns are") as caught:
            read(path)
        assert "series.header=false" in caught.value.hint
        assert len(read(path, header=False)[0][0]) == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04\x14\x00\x06", "a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"ARROW1\x00\x00", "Feather"),
        (b"\x00\x01\x02", "not text"),
        (b"\n<html><body>404</body></html>", "HTML"),
        (b'[{"date": "2023-01-01"}]', "JSON"),
        (b"\xff\xfea", "damaged UTF-16"),
    ],
)
def test_files_of_other_formats_are_refused_by_name(content, what, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=what):
        read(path)


def test_days_of_a_spreadsheet_are_not_taken_for_steps_in_silence(tmp_path):
    (_, remarks) = read(table(tmp_path / "a.csv", range(44927, 44940)))
    assert (
        "numbers like 44927 are read as steps; if they are the days of a spreadsheet" in remarks[0]
    )


def test_columns_of_texts_are_left_out_and_said(tmp_path):
    path = tmp_path / "a.csv"
    rows = [f"{day},{n},{'sun' if n % 2 else 'rain'},{n % 3 == 0}" for n, day in enumerate(DAYS)]
    path.write_text("\n".join(["date,value,weather,promo", *rows]))
    (found, remarks) = read(path)
    assert [one.name for one in found] == ["value"]
    assert re.search("`weather` holds texts .* `-o series.known=weather`", remarks[0])
    assert "`promo` holds yes or no" in remarks[1]


@pytest.mark.parametrize("options", [{"decimal": "x"}, {"zone": "Mars/Base"}, {"separator": "ab"}])
def test_options_that_mean_nothing_are_errors(options, tmp_path):
    with pytest.raises(UsageError):
        read(
            table(tmp_path / "a.csv", [f"{day}T0{n % 2}:00" for n, day in enumerate(DAYS)]),
            **options,
        )
