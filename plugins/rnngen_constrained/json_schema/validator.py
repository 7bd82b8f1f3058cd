"""Whether a document is valid, as `jsonschema` sees it, with exact numbers and strict formats.

The validator is independent of the grammar that writes documents, and of `llguidance`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from rnngen import PluginError
from rnngen_constrained.errors import Unsupported
from rnngen_constrained.json_schema.format_checks import CHECKS
from rnngen_constrained.json_schema.places import below
from rnngen_constrained.json_schema.search import found
from rnngen_constrained.json_schema.strict import read_exactly
from rnngen_constrained.whole_text import shown

LONGEST_NUMBER = 10_000
"""Most digits of a number whose multiples are checked."""


class Validator:
    """Finds what is wrong with a document.

    Args:
        schema: read by `read_exactly`.
        name: of the file, for messages.
        draft: 4, 6, 7, 2019 or 2020.

    Raises:
        PluginError: `jsonschema` is not installed.
    """

    def __init__(self, schema: Any, name: str, draft: int) -> None:
        self._name = name
        self._inner = _kind(draft)(schema)

    def fault(self, text: str) -> str | None:
        """What is wrong with a text, with place, value and keyword; None if nothing is.

        Raises:
            Unsupported: documents of this schema can't be checked.
        """
        try:
            document = read_exactly(text)
        except ValueError as error:
            return f"{shown(text)} is not a document: {error}"
        except RecursionError:
            return f"{shown(text)} is nested too deeply to be checked"
        try:
            first = next(self._inner.iter_errors(document), None)
        except Exception as error:  # a reference that leads nowhere, a schema without an end
            raise Unsupported(
                f"{self._name}: its documents can't be checked: {type(error).__name__}: {error}",
                hint="a schema is accepted only if its documents can be checked",
            ) from error
        if first is None:
            return None
        place = below("#", *first.absolute_path)
        value = shown(str(first.instance), 40)
        return f"at `{place}`, {value} is not valid: `{first.validator}` of the schema"


@lru_cache(maxsize=8)
def _kind(draft: int) -> Callable[[Any], Any]:
    """Makes a validator for a draft."""
    try:
        import jsonschema
    except ImportError as error:
        raise PluginError(
            "documents of a schema are checked by `jsonschema`, which is not installed",
            hint="pip install 'rnngen[grammar]'",
        ) from error
    years = {2019: "201909", 2020: "202012"}
    base = getattr(jsonschema, f"Draft{years.get(draft, draft)}Validator")
    types = base.TYPE_CHECKER
    if draft > 4:
        types = types.redefine("integer", _is_integer)
    more = {
        "multipleOf": _multiple_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    kind = jsonschema.validators.extend(base, more, type_checker=types)
    formats = jsonschema.FormatChecker(formats=())
    formats.checkers = dict(base.FORMAT_CHECKER.checkers)
    for name, check in CHECKS.items():
        formats.checkers[name] = (_on_texts(check), ())
    return lambda schema: kind(schema, format_checker=formats)


def _on_texts(check: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)


def _is_integer(checker: Any, value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _multiple_of(validator: Any, multiple: Any, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not validator.is_type(value, "number"):
        return
    digits = abs(value.adjusted()) if isinstance(value, Decimal) else 0
    if digits > LONGEST_NUMBER or (Fraction(value) / Fraction(multiple)).denominator != 1:
        yield ValidationError(f"{value} is not a multiple of {multiple}")


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(value, "string") and not found(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, value: Any, schema: Any) -> Iterator[Any]:
    if validator.is_type(value, "object"):
        for pattern, below_it in patterns.items():
            for key, one in value.items():
                if found(pattern, key):
                    yield from validator.descend(one, below_it, path=key, schema_path=pattern)


def _additional_properties(validator: Any, others: Any, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, one in value.items() if validator.is_type(value, "object") else ():
        if key in named or any(found(pattern, key) for pattern in patterns):
            continue
        if others is False:
            yield ValidationError(f"{key!r} is not allowed")
        else:
            yield from validator.descend(one, others, path=key)
