"""Damaged tables: whatever is changed in a file, it is read or refused by name, and quickly."""

import itertools
from datetime import date, timedelta

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from rnngen.contracts.errors import DataError, UsageError
from tests.plugins.rnngen_series.tables import read

DAYS = [date(2023, 1, 1) + timedelta(n) for n in range(40)]
CSV = "\n".join(
    [
        "id,date,value,promo",
        *(f"{s},{d},{n * 1.5},{n % 2}" for s in "ab" for n, d in enumerate(DAYS)),
    ]
).encode()
BITS = [
    *(b"", b",", b";", b'"', b"\r", b"\n", b"\0", b"\xff", b"\xff\xfe", b"#", b"-", b"9" * 30),
    *(b"1e999", b"nan", b"2023-02-30", b"9999-12-31", b"0000-00-00", b"T24:00:00+99:99", b"Q5"),
    *(b"\xef\xbb\xbf", b"=cmd()", b"1.2.3", b"(", b"\xe2\x80\xae", b"W54", b"99999999999999999"),
]
"""What mutations put into a file."""
OPTIONS = [
    {"id": "id", "target": "value"},
    {"id": "id", "target": "value", "known": "promo", "duplicates": "mean", "sort": True},
    {"rows": True},
    {"header": False},
    {"zone": "Europe/Berlin"},
    {},
]


def mutated(raw, random):
    for _ in range(random.integers(1, 4)):
        start = int(random.integers(len(raw)))
        stop = start + int(random.integers(0, 12))
        bit = BITS[random.integers(len(BITS))]
        kind = random.integers(4)
        if kind == 0:
            raw = raw[:start] + bit + raw[stop:]
        elif kind == 1:
            raw = raw[:start]
        elif kind == 2:
            raw = raw[:start] + raw[start:stop] * 5 + raw[stop:]
        else:
            raw = raw[:start] + bytes(random.integers(0, 256, 4, np.uint8)) + raw[start + 4 :]
    return raw


def outcome(path, **options):
    """The series, or what was said of the file."""
    try:
        return read(path, **options)[0], None
    except (DataError, UsageError) as error:
        return [], error.message + (error.hint or "")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_damaged_file_is_read_or_refused_by_name(kind, tmp_path):
    path = tmp_path / f"data.{kind}"
    if kind == "csv":
        raw = CSV
    else:
        columns = {"id": ["a"] * 40, "date": DAYS, "value": [n * 1.5 for n in range(40)]}
        parquet.write_table(pyarrow.table({**columns, "promo": [True] * 40}), path)
        raw = path.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for number, options in zip(range(150), itertools.cycle(OPTIONS)):
        path.write_bytes(mutated(raw, random))
        found, said = outcome(path, **options)
        refused += said is not None
        assert said is None or "data" in said or "series" in said, number
        assert all(len(one) < 10**6 and np.isfinite(one.values[[0, -1]]).all() for one in found)
    assert refused > 20


@pytest.mark.parametrize(
    "rows",
    [
        ["date,value", "2023-01-01,1"],
        ["date,value", *["2023-01-01,1"] * 9],
        ["date,value", *[f"2023-01-0{n},NA" for n in range(1, 9)]],
        ["value", *["5"] * 9],
        ["value", "", "5", "", "6", ""],
        ["date,value", "0001-01-01,1", "9999-12-31,2"],
        ["date", *[f"2023-01-0{n}" for n in range(1, 9)]],
        [",", ",", ","],
        ['"', "a"],
        ["a" * 200_000],
        ["date,value", "-5,1", "99999999999999999999,2"],
    ],
    ids=range(11),
)
def test_odd_files_are_read_or_refused(rows, tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("\n".join(rows))
    found, said = outcome(path)
    assert said is None or "data.csv" in said
    assert all(len(one) for one in found)
