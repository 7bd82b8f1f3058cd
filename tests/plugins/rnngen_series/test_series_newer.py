"""Newer data for a model: its frequency, columns and remarks are those that the model expects."""

from datetime import date, timedelta

import pytest

from rnngen.contracts.errors import DataError
from rnngen.files.source import Source
from rnngen_series.frequency import Frequency, parse
from rnngen_series.options import Options
from rnngen_series.read import read_series
from tests.plugins.rnngen_series.tables import table

DAYS = [str(date(2023, 1, 2) + timedelta(n)) for n in range(60)]
MONTHS = [f"{2000 + n // 12}-{n % 12 + 1:02}" for n in range(40)]
ENDS = [str(date(2000 + (n + 1) // 12, (n + 1) % 12 + 1, 1) - timedelta(1)) for n in range(40)]
HOURS = [f"2023-01-0{1 + n // 24} {n % 24:02}:00" for n in range(60)]


def newer(path, frequency, **options):
    said = []
    source = Source(path.name, path)
    found = [one for one, _ in read_series([source], Options(**options), frequency, said.append)]
    return found, said


@pytest.mark.parametrize(
    ("stamps", "model", "every"),
    [
        (ENDS, "1D", "1M"),
        (MONTHS, "1D", "1M"),
        (MONTHS, "1h", "1M"),
        (HOURS, "1D", "1h"),
        (DAYS, "1h", "1D"),
        (DAYS, "1B", "1D"),
        (DAYS[::7], "1D", "1W"),
    ],
)
def test_data_of_another_frequency_than_the_model_is_refused(stamps, model, every, tmp_path):
    path = table(tmp_path / "a.csv", stamps)
    with pytest.raises(DataError, match=f"a row every {every}, but the model .* every {model}"):
        newer(path, parse(model))


@pytest.mark.parametrize("model", ["1D", "1M", "1h"])
def test_data_without_dates_is_refused_by_a_model_that_has_them(model, tmp_path):
    path = table(tmp_path / "a.csv", range(40), head="when,value")
    with pytest.raises(DataError, match=f"has a value every {model}, but the time stamps are miss"):
        newer(path, parse(model))
    path = table(tmp_path / "b.csv", range(40))
    with pytest.raises(DataError, match=r"b.csv`, row 2: .* but the time stamps are numbers"):
        newer(path, parse(model))


def test_dates_are_refused_by_a_model_that_counts_steps(tmp_path):
    with pytest.raises(DataError, match="the model counts steps"):
        newer(table(tmp_path / "a.csv", DAYS), Frequency(1, "step"))


@pytest.mark.parametrize(
    ("stamps", "model"),
    [(DAYS[:5], "1B"), (DAYS[:1], "1D"), (MONTHS, "1M"), (ENDS, "1M"), (DAYS[:2], "1D")],
)
def test_short_data_that_fits_the_model_is_read(stamps, model, tmp_path):
    ((one,), _) = newer(table(tmp_path / "a.csv", stamps), parse(model))
    assert one.frequency.same(parse(model))
    assert len(one) == len(stamps)


def test_rows_that_newer_data_lacks_are_counted(tmp_path):
    kept = [day for n, day in enumerate(DAYS) if n % 9]
    ((one,), said) = newer(table(tmp_path / "a.csv", [DAYS[0], *kept]), parse("1D"))
    assert len(one) == 60
    assert said == ["6 of 60 steps of 1D have no row: read as missing values"]


def test_what_is_remarked_of_a_file_is_said_when_it_is_forecast_and_measured(tmp_path):
    from rnngen import evaluate, fit, forecast

    rows = [f"{day},{n % 7},sun" for n, day in enumerate(DAYS)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["when,value,sky", *rows]))
    options = ["train.lanes=4", "train.chunk=16", "series.horizon=5"]
    fit([str(path)], domain="series", run=tmp_path / "run", steps=4, hidden=8, options=options)
    for verb in (forecast, evaluate):
        notes = []
        verb(tmp_path / "run", note=notes.append)
        said = [note for note in notes if "`when` has dates" in note]
        assert len(said) == 1
        assert sum("`sky` holds texts and is left out" in note for note in notes) == 1
