"""A dataclass is built from JSON that fits its fields, and from no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest

from rnngen.contracts.errors import BundleError
from rnngen.files import schema


@dataclass(frozen=True)
class Part:
    name: str
    size: Annotated[int, schema.at_least(0)]
    note: str | None = None


@dataclass(frozen=True)
class Whole:
    place: Path
    weight: float
    parts: list[Part]
    named: Mapping[str, Part]
    options: Mapping[str, Any] = field(default_factory=dict)
    anything: Any = 7
    _seen: set[str] = field(default_factory=set, init=False)


GOOD = {"weight": 1, "parts": [{"name": "a", "size": 3}], "named": {"b": {"name": "b", "size": 0}}}


def make(**changes: Any) -> Whole:
    return schema.make(Whole, {**GOOD, **changes}, "`x.json`:", place=Path("here"))


def test_dataclasses_within_lists_and_objects_are_built_and_defaults_kept() -> None:
    made = make(options=None, unknown="is let through")
    assert made == Whole(Path("here"), 1, [Part("a", 3)], {"b": Part("b", 0)})
    assert make(options={"deep": [1]}).options == {"deep": [1]}
    assert make(anything=[None]).anything == [None]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight": "1"}, "`x.json`:, `weight`, is '1', expected a number"),
        ({"weight": True}, "`weight`, is True, expected a number"),
        ({"parts": {}}, "`parts`, is {}, expected a list"),
        ({"parts": [{"name": "a"}]}, "`x.json`:, `parts.0` has no `size`"),
        ({"parts": [{"name": "a", "size": -1}]}, "`parts.0.size`, is -1, expected an integer of"),
        ({"named": {"b": {"name": 1, "size": 1}}}, "`named.b.name`, is 1, expected text"),
        ({"named": {"b": {"name": "b", "size": 1, "note": 2}}}, "`named.b.note`, is 2, expected"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BundleError) as caught:
        make(**changes)
    assert message in caught.value.message
