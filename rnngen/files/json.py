"""Reads and writes JSON, and spells what JSON lacks: infinities, NaN, paths and dates.

dump(math.inf, MARKED)   {"$float": "inf"}   read back exactly: `bundle.json`, `checkpoint.json`
dump(math.inf, TEXT)     "inf"               for people: `run.json`, `metrics.jsonl`
dump(math.inf, NULL)     null                for programs: `--json`
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import BundleError

MARK = "$float"
LACKING = ("nan", "inf", "-inf")
"""The numbers that JSON lacks, as Python and all spellings write them."""


@dataclass(frozen=True)
class Spelling:
    """How JSON spells what it lacks.

    Args:
        number: writes an infinity or NaN.
        other: writes what is neither JSON nor a number, such as a path.
        restored: the number that a JSON value spells; None where it spells none. ValueError where
            it is spelled wrongly.
    """

    number: Callable[[float], Any]
    other: Callable[[Any], Any]
    restored: Callable[[Any], float | None]


def _refuse_other(value: Any) -> Any:
    raise TypeError(f"{value!r} is a {type(value).__name__}, which JSON can't hold")


def _marked(value: Any) -> float | None:
    if not isinstance(value, dict) or value.keys() != {MARK}:
        return None
    if value[MARK] not in LACKING:
        raise ValueError(f"{value[MARK]!r} where a number is expected")
    return float(value[MARK])


MARKED = Spelling(lambda number: {MARK: str(number)}, _refuse_other, _marked)

TEXT = Spelling(
    str, str, lambda value: float(value) if isinstance(value, str) and value in LACKING else None
)

NULL = Spelling(lambda number: None, str, lambda value: None)


def plain(value: Any, spelling: Spelling) -> Any:
    """`value` as JSON has it: objects with keys of text, lists, and finite numbers only.

    Raises:
        TypeError: it holds what the spelling can't write.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else spelling.number(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part, spelling) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part, spelling) for part in value]
    return spelling.other(value)


def dump(
    value: Any, spelling: Spelling, *, indent: int | None = None, ascii_only: bool = True
) -> str:
    """`value` as JSON text, without a newline at its end.

    Raises:
        TypeError: it holds what the spelling can't write.
    """
    whole = plain(value, spelling)
    return json.dumps(whole, indent=indent, ensure_ascii=ascii_only, allow_nan=False)


def load(data: bytes, path: Path, spelling: Spelling = NULL) -> Any:
    """Strict JSON (`NaN` is refused), with the numbers restored that `spelling` can restore.

    Args:
        data: what `path` holds.
        path: where it is from, for the message.
        spelling: what `dump` was given.

    Raises:
        BundleError: it is not JSON, nested too deeply, or spells a number wrongly.
    """
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise BundleError(
            f"`{path}` is not JSON: {reason}",
            hint="the file is damaged; use an earlier copy of the folder",
        ) from None
    if spelling is NULL:
        return value
    try:
        return _restored(value, spelling)
    except ValueError as error:
        raise BundleError(f"`{path}` has {error}") from None
    except RecursionError:
        raise BundleError(f"`{path}` is nested too deeply") from None


def _restored(value: Any, spelling: Spelling) -> Any:
    number = spelling.restored(value)
    if number is not None:
        return number
    if isinstance(value, list):
        return [_restored(part, spelling) for part in value]
    if isinstance(value, dict):
        return {key: _restored(part, spelling) for key, part in value.items()}
    return value


def is_number(value: Any) -> bool:
    """Whether a JSON value is a finite number; `true` and `false` are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
