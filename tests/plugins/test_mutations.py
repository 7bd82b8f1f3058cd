"""A small share of the benchmark `mutations`: damaged files are refused, and end nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.mutations import KINDS, outcomes
from benchmarks.watched import Reader

EACH = 25


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_and_ends_nothing(
    kind: str, reader: Reader, tmp_path: Path
) -> None:
    found = dict(outcomes(reader, kind, EACH, tmp_path))
    assert len(found) == EACH
    assert {name: what for name, what in found.items() if what.split(":")[0] not in OUTCOMES} == {}
    assert set(found.values()) != {"read"}


OUTCOMES = ("read", "refused")


def test_a_reader_that_crashes_is_noticed_and_replaced(reader: Reader, tmp_path: Path) -> None:
    reader.read("midi", tmp_path / "missing.mid")
    process = reader._process
    assert process is not None
    process.kill()
    process.wait()
    assert reader._answer(10) == b""
    reader._end()
    assert reader.read("midi", tmp_path / "missing.mid").startswith("refused: ")
