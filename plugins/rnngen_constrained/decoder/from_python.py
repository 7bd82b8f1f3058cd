"""What programs give instead of texts: schemas as dicts or models, and compiled expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

FLAGS = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
GLOBAL = re.compile(r"\(\?([aiLmsux]+)\)")


def schemas(value: Any) -> Any:
    """JSON Schemas as texts: of a dict, of a Pydantic model, or of what has its method."""
    return _each(value, _schema)


def expressions(value: Any) -> Any:
    """Regular expressions as texts: of compiled ones, with their flags."""
    return _each(value, _expression)


def _each(value: Any, read: Callable[[Any], Any]) -> Any:
    return [read(one) for one in value] if isinstance(value, list | tuple) else read(value)


def _schema(value: Any) -> Any:
    # Pydantic is not a dependency; its models are known by this method.
    made = getattr(value, "model_json_schema", None)
    if callable(made):
        value = made()
    if not isinstance(value, Mapping):
        return value
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, RecursionError) as error:
        raise ValueError("a schema that is not JSON") from error


def _expression(value: Any) -> Any:
    if not isinstance(value, re.Pattern):
        return value
    if isinstance(value.pattern, bytes):
        raise ValueError("an expression over bytes")
    text: str = value.pattern
    written = GLOBAL.match(text)
    own = set(written[1]) if written else set()
    more = "".join(name for name, flag in FLAGS.items() if value.flags & flag and name not in own)
    if not more:
        return text
    return f"(?{more}{written[1]}){text[written.end() :]}" if written else f"(?{more}){text}"
