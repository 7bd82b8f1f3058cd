"""JSON in and out, with infinities and NaN spelled one way."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import BundleError


def _finite(value: Any) -> Any:
    """JSON has no infinity: it becomes `{"$float": "inf"}`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def _restored(value: Any, path: Path) -> Any:
    if isinstance(value, list):
        return [_restored(part, path) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$float"}:
        if value["$float"] not in ("inf", "-inf", "nan"):
            raise BundleError(f"`{path}` has {value['$float']!r} where a number is expected")
        return float(value["$float"])
    return {key: _restored(part, path) for key, part in value.items()}


def _jsonable(value: Any) -> Any:
    """JSON has no infinity; paths and tuples are written as text and lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(part) for part in value]
    return str(value)


def parse_json(data: bytes, path: Path) -> Any:
    """Strict JSON (no NaN); BundleError naming the file where it is not."""
    try:
        return json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise BundleError(
            f"`{path}` is not JSON: {reason}",
            hint="the file is damaged; use an earlier copy of the folder",
        ) from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
