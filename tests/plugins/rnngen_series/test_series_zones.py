"""Time zones: hours go by instants, days by the calendar, and both show local time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rnngen.contracts.errors import DataError
from tests.plugins.rnngen_series.tables import begins, read, table

BERLIN = ZoneInfo("Europe/Berlin")


def hours(start, count, zone=BERLIN, step=60):
    first = start.replace(tzinfo=UTC)
    return [(first + timedelta(minutes=step * n)).astimezone(zone) for n in range(count)]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
@pytest.mark.parametrize("start", [datetime(2023, 3, 10), datetime(2023, 10, 25)])
@pytest.mark.parametrize("step", [15, 60])
def test_hours_with_their_distance_from_utc_are_even_over_clock_changes(
    zone, start, step, tmp_path
):
    stamps = hours(start, 1000, ZoneInfo(zone), step)
    ((one,), _) = read(table(tmp_path / "a.csv", [stamp.isoformat() for stamp in stamps]))
    assert (len(one), one.frequency.microseconds) == (1000, step * 60_000_000)
    assert np.isfinite(one.values).all()
    assert begins(one, 1000) == [stamp.isoformat(" ") for stamp in stamps]


def test_forecasts_after_a_clock_change_are_in_local_time(tmp_path):
    stamps = hours(datetime(2023, 3, 20), 400)
    path = table(tmp_path / "a.csv", [stamp.isoformat() for stamp in stamps[:300]])
    ((one,), _) = read(path)
    assert one.shown(300, 400) == [stamp.isoformat(" ") for stamp in stamps[300:]]


def test_days_at_local_midnight_are_days(tmp_path):
    days = [datetime(2023, 3, 1, tzinfo=BERLIN) + timedelta(days=n) for n in range(60)]
    assert len({day.utcoffset() for day in days}) == 2
    ((one,), _) = read(table(tmp_path / "a.csv", days))
    assert (one.frequency.name, len(one)) == ("1D", 60)
    assert begins(one, 60) == [f"{day:%Y-%m-%d}" for day in days]


def test_hour_of_the_calendar_is_local(tmp_path):
    from rnngen_series.calendar import features

    stamps = hours(datetime(2023, 7, 1), 48)
    ((one,), _) = read(table(tmp_path / "a.csv", [stamp.isoformat() for stamp in stamps]))
    local = np.array([stamp.replace(tzinfo=None) for stamp in stamps], "datetime64[us]")
    assert np.allclose(features(one.local(0, 48), one.frequency), features(local, one.frequency))


@pytest.mark.parametrize("step", [15, 60])
def test_both_hours_of_a_clock_change_are_kept_where_the_zone_is_named(step, tmp_path):
    stamps = hours(datetime(2023, 10, 27), 400, step=step)
    naive = [f"{stamp:%Y-%m-%d %H:%M}" for stamp in stamps]
    assert len(set(naive)) < len(naive)
    path = table(tmp_path / "a.csv", naive)
    with pytest.raises(DataError, match="2023-10-29") as caught:
        read(path)
    assert "series.zone=Europe/Berlin" in caught.value.hint
    ((one,), _) = read(path, zone="Europe/Berlin")
    assert one.values.tolist() == list(range(1, 401))
    assert begins(one, 400) == [stamp.isoformat(" ") for stamp in stamps]


def test_hour_left_out_in_spring_is_not_missing_where_the_zone_is_named(tmp_path):
    stamps = hours(datetime(2023, 3, 24), 100)
    path = table(tmp_path / "a.csv", [f"{stamp:%Y-%m-%d %H:%M}" for stamp in stamps])
    ((named,), _) = read(path, zone="Europe/Berlin")
    assert (len(named), int(np.isnan(named.values).sum())) == (100, 0)
    ((plain,), remarks) = read(path)
    assert (len(plain), int(np.isnan(plain.values).sum())) == (101, 1)
    assert "1 of 101 steps" in remarks[0]


def test_zone_that_is_not_clear_is_said(tmp_path):
    shift = [timedelta(hours=1 + n // 20) for n in range(60)]
    stamps = [
        f"{datetime(2023, 3, 1) + s + timedelta(hours=n)}+0{1 + n // 20}:00"
        for n, s in enumerate(shift)
    ]
    ((one,), remarks) = read(table(tmp_path / "a.csv", stamps))
    assert len(one) == 60
    assert "the time zone is not clear" in remarks[0]
    assert "series.zone" in remarks[0]


def test_stamps_with_and_without_zone_are_not_mixed(tmp_path):
    stamps = ["2023-01-01 00:00+01:00", "2023-01-01 01:00", "2023-01-01 02:00+01:00"]
    with pytest.raises(DataError, match="row 3, column `date`: some time stamps have a time zone"):
        read(table(tmp_path / "a.csv", stamps))


def test_series_of_several_zones_go_each_by_their_own(tmp_path):
    rows = [
        f"{zone},{stamp.isoformat()},{n}"
        for zone in ("Europe/Berlin", "America/New_York")
        for n, stamp in enumerate(hours(datetime(2023, 3, 10), 600, ZoneInfo(zone)))
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["id,date,value", *rows]))
    (found, remarks) = read(path, id="id")
    assert [(one.name, one.zone, len(one)) for one in found] == [
        ("Europe/Berlin", "Europe/Berlin", 600),
        ("America/New_York", "America/New_York", 600),
    ]
    assert not remarks
