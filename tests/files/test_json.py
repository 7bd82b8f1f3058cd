"""JSON has one place that spells what it lacks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.contracts.errors import BundleError
from rnngen.files.json import MARKED, NULL, TEXT, Spelling, dump, is_number, load

FILE = Path("run/x.json")


@pytest.mark.parametrize(
    ("spelling", "written"),
    [
        (MARKED, [{"$float": "inf"}, {"$float": "-inf"}, {"$float": "nan"}, 1.5]),
        (TEXT, ["inf", "-inf", "nan", 1.5]),
        (NULL, [None, None, None, 1.5]),
    ],
)
def test_infinities_and_nan_are_spelled_as_on_disk_and_for_programs(
    spelling: Spelling, written: list[Any]
) -> None:
    numbers = (math.inf, -math.inf, math.nan, 1.5)
    assert json.loads(dump({"a": numbers}, spelling)) == {"a": written}


@pytest.mark.parametrize("spelling", [MARKED, TEXT])
@given(numbers=st.lists(st.floats() | st.integers() | st.booleans() | st.none()))
def test_numbers_come_back(spelling: Spelling, numbers: list[Any]) -> None:
    text = dump({"deep": [numbers]}, spelling)
    # As text: NaN is not equal to itself.
    assert repr(load(text.encode(), FILE, spelling)) == repr({"deep": [numbers]})


def test_paths_and_tuples_are_text_and_lists_for_people_and_refused_where_all_is_read_back() -> (
    None
):
    value = {"path": Path("a/b"), "pair": (1, 2)}
    assert json.loads(dump(value, TEXT)) == {"path": "a/b", "pair": [1, 2]}
    with pytest.raises(TypeError, match="which JSON can't hold"):
        dump(value, MARKED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": {"$float": "huge"}}', "'huge' where a number is expected"),
        (b'{"a": {"$float": [1]}}', r"\[1\] where a number is expected"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{", "is not JSON"),
    ],
)
def test_what_is_not_json_is_refused_by_the_name_of_its_file(text: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        load(text, FILE, MARKED)
    assert "run/x.json" in caught.value.message


def test_only_what_one_can_calculate_with_is_a_number() -> None:
    assert [value for value in (1, 1.5, 0, -2.0) if not is_number(value)] == []
    others = (True, None, "1", math.inf, math.nan, 10**400, [1])
    assert [value for value in others if is_number(value)] == []
