"""Options of components: one frozen dataclass each, written in Python, TOML or `-o name=value`.

    @dataclass(frozen=True)
    class Options:
        '''Peephole LSTM.'''
        forget_bias: float = option(1.0, "initial bias of the forget gate", min=-10, max=10)

Types understood: int, float, bool, str, Path, Literal[...], tuple[T, ...], and `T | None`.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from rnngen.contracts.errors import UsageError

T = TypeVar("T")


TRUE = {"true", "yes", "on", "1"}


FALSE = {"false", "no", "off", "0"}


def option(
    default: Any,
    help: str,
    *,
    min: float | None = None,
    max: float | None = None,
    cut: bool = True,
) -> Any:
    """A dataclass field with its help and bounds (both inclusive).

    A text for a `tuple` is cut at its commas, unless `cut` is false.
    """
    return dataclasses.field(
        default=default, metadata={"help": help, "min": min, "max": max, "cut": cut}
    )


@dataclass(frozen=True)
class OptionField:
    """The description of one option; `type` is the resolved annotation.

    Python's own words can't be names of fields: a field `lambda_` is the option `lambda`.
    """

    attribute: str
    type: Any
    default: Any
    help: str
    min: float | None
    max: float | None
    cut: bool = True

    @property
    def name(self) -> str:
        """The name that the user writes."""
        return self.attribute.removesuffix("_")

    @property
    def type_name(self) -> str:
        """The type as a person would write it: `int`, `float or none`, `one of tanh, relu`."""
        return _type_name(self.type)


def describe(options: type) -> list[OptionField]:
    """The options of a dataclass, in order of definition."""
    hints = typing.get_type_hints(options)
    return [
        OptionField(
            attribute=field.name,
            type=hints[field.name],
            default=field.default,
            help=field.metadata.get("help", ""),
            min=field.metadata.get("min"),
            max=field.metadata.get("max"),
            cut=field.metadata.get("cut", True),
        )
        for field in dataclasses.fields(options)
    ]


def option_choices(field: OptionField) -> tuple[str, ...]:
    """The values an option may have, as texts, where they can be listed."""
    kinds = typing.get_args(field.type) if _is_union(field.type) else (field.type,)
    choices: list[str] = []
    for kind in kinds:
        if typing.get_origin(kind) is Literal:
            choices += map(str, typing.get_args(kind))
        elif kind is bool:
            choices += ["true", "false"]
    return tuple(choices)


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (Union, types.UnionType)


def fault_of(options: type, where: str) -> str | None:
    """What is wrong with how options are written, for their author; None: nothing.

    Args:
        options: a dataclass.
        where: the component: "cell `gru`".
    """
    try:
        described = describe(options)
    except Exception as error:  # a type that is named and not there
        return f"the types of the options of {where} can't be read: {error}"
    for field in described:
        if not _is_understood(field.type):
            return (
                f"option `{field.name}` of {where} has the type `{field.type_name}`, expected "
                "int, float, bool, str, Path, Literal[...], tuple[T, ...] or T | None"
            )
        if field.default is dataclasses.MISSING:
            continue
        try:
            coerce(field, field.default, where)
        except UsageError as error:
            return f"the default of {error.message}"
    return None


def build(options: type[T], values: Mapping[str, Any], where: str) -> T:
    """An instance of `options` from text or TOML values.

    Args:
        options: a frozen dataclass.
        values: name -> value; strings are read by the field's type.
        where: the component, for messages: "cell `gru`".

    Raises:
        UsageError: unknown name (with a suggestion), or a value of the wrong type or out of bounds.
    """
    fields = {field.name: field for field in describe(options)}
    for name in values:
        if name not in fields:
            raise unknown_option(name, fields, where)
    return options(
        **{
            fields[name].attribute: coerce(fields[name], value, where)
            for name, value in values.items()
        }
    )


def unknown_option(name: str, known: Iterable[str], where: str) -> UsageError:
    """The error for an unknown option; the hint has the nearest name or all names."""
    known = sorted(known)
    near = suggest(name, known)
    if near:
        hint = f"did you mean `{near}`?"
    else:
        hint = f"it has: {', '.join(known)}" if known else "it has no options"
    return UsageError(f"no option named `{name}` in {where}", hint=hint)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to a misspelled one, or None."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def coerce(field: OptionField, value: Any, where: str) -> Any:
    """`value` as the type of `field`, within its bounds; UsageError otherwise."""
    try:
        # A text that is not cut is the only part.
        whole = not field.cut and isinstance(value, str) and value != "none"
        result = _read(field.type, [value] if whole else value)
    except (ValueError, OverflowError):  # an infinity is not an integer
        raise UsageError(
            f"option `{field.name}` of {where} is {value!r}, expected {field.type_name}",
            hint=f"its default is {_shown(field.default)}; {field.help}",
        ) from None
    for number in result if isinstance(result, tuple) else (result,):
        _check_bounds(field, number, where)
    return result


def _check_bounds(field: OptionField, value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    low, high = field.min, field.max
    if (low is not None and value < low) or (high is not None and value > high):
        if low is not None and high is not None:
            expected = f"between {low} and {high}"
        else:
            expected = f"at least {low}" if low is not None else f"at most {high}"
        raise UsageError(
            f"option `{field.name}` of {where} is {value}, expected {expected}", hint=field.help
        )


def _read(kind: Any, value: Any) -> Any:
    """Reads `value` as `kind`; ValueError if it is not one."""
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(typing.get_args(kind), value)
    if origin is Literal:
        for choice in typing.get_args(kind):
            if value == choice or (isinstance(value, str) and value == str(choice)):
                return choice
        raise ValueError
    if origin is tuple:
        parts = value
        if isinstance(value, str):
            # An empty text has no parts, rather than one that is empty.
            parts = [part.strip() for part in value.split(",")] if value.strip() else []
        if not isinstance(parts, list | tuple):
            raise ValueError
        return tuple(_read(typing.get_args(kind)[0], part) for part in parts)
    if kind is bool:
        return _read_bool(value)
    if kind is int:
        return _read_int(value)
    if kind is float:
        return _read_float(value)
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    if kind is str and isinstance(value, str):
        return value
    if kind is str and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError


def _read_union(kinds: tuple[Any, ...], value: Any) -> Any:
    if type(None) in kinds and (value is None or (isinstance(value, str) and value == "none")):
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, value)
            except (ValueError, OverflowError):
                continue
    raise ValueError


def _read_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in TRUE | FALSE:
        return value.lower() in TRUE
    raise ValueError


def _read_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    if isinstance(value, str):
        value = value.strip().replace("_", "")
        return int(value)
    if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
        raise ValueError
    return int(value)


def _read_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    try:
        number = float(value)
    except OverflowError:  # a whole number that is too large
        raise ValueError from None
    # No option means anything by an infinite number, and `none` says that there is no limit.
    if not math.isfinite(number):
        raise ValueError
    return number


def _shown(value: Any) -> str:
    return "none" if value is None else repr(value) if isinstance(value, str) else str(value)


def _type_name(kind: Any) -> str:
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_type_name(part) for part in typing.get_args(kind))
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in typing.get_args(kind))
    if origin is tuple:
        return f"{_type_name(typing.get_args(kind)[0])}, ..."
    if kind is type(None):
        return "none"
    names = {int: "integer", float: "number", bool: "true or false", str: "text", Path: "path"}
    return names.get(kind) or getattr(kind, "__name__", None) or str(kind)


def _is_understood(kind: Any) -> bool:
    """Whether values of a type can be read from text."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return all(part is type(None) or _is_understood(part) for part in parts)
    if origin is tuple:
        return len(parts) == 2 and parts[1] is ... and _is_understood(parts[0])
    return origin is Literal or kind in (int, float, bool, str, Path)
