"""The constraints that a user chose, by options or in a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen import Constraint
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.errors import BadSyntax, EmptyLanguage
from rnngen_constrained.files import read_text
from rnngen_constrained.machines.make import make, takes_many

LARGEST_FILE = 1 << 20


def chosen(options: Options) -> list[Constraint]:
    """The constraints, in the order of the options, then those of the file.

    Raises:
        ConstraintError: one of them is not valid.
        UsageError: a file can't be read, or there is no such kind.
    """
    shared = _shared(options)
    found = []
    for kind in ("regex", "number"):
        text = getattr(options, kind)
        if text is not None:
            found.append(make(kind, text, shared))
    for kind in ("json_schema", "grammar"):
        file = getattr(options, kind)
        if file is not None:
            found.append(make(kind, file, shared))
    for kind in ("words", "must_include", "must_not_include"):
        texts = getattr(options, kind)
        if texts:
            found.append(make(kind, texts, shared))
    if options.min_length is not None or options.max_length is not None:
        found.append(make("length", _length(options), shared))
    for rule in options.rule:
        kind, _, text = rule.partition(":")
        found.append(make(kind.strip(), text.strip(), shared))
    if options.rules is not None:
        found += _from_file(Path(options.rules), shared)
    return found


def made_of(named: Sequence[tuple[str, str]], options: Options) -> list[Constraint]:
    """Constraints by kind and text, with the options that their kinds share with the decoder."""
    return [make(kind, text, _shared(options)) for kind, text in named]


def _shared(options: Options) -> dict[str, Any]:
    return {name: value for name, value in vars(options).items() if value is not None}


def _length(options: Options) -> str:
    least, most = options.min_length, options.max_length
    if least is not None and most is not None and least > most:
        raise EmptyLanguage(f"`min_length` is {least} and `max_length` {most}", hint="swap the two")
    return f"{'' if least is None else least}..{'' if most is None else most}"


def _from_file(path: Path, shared: Mapping[str, Any]) -> Iterator[Constraint]:
    """Reads `kind = "text"`, a list for several of a kind, or a table with `text` and options."""
    text = read_text(path, "the rules", LARGEST_FILE)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)[:1].lower() + str(error)[1:]
        raise BadSyntax(
            f"the rules `{path}` are not TOML: {reason}", hint="write `kind = 'text'`, one per line"
        ) from error
    except (RecursionError, ValueError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadSyntax(f"the rules `{path}` can't be read: {why}") from error
    for kind, value in table.items():
        several = isinstance(value, list) and not (_is_text(value) and takes_many(kind))
        entries = value if several else [value]
        for entry in entries:
            own = dict(entry) if isinstance(entry, dict) else {"text": entry}
            text = own.pop("text", "")
            yield make(kind, _read(text, kind, path), shared, own)


def _is_text(values: list[Any]) -> bool:
    """Whether a list is one constraint of several texts, `must_include = ["a", "b"]`."""
    return all(isinstance(value, str) for value in values)


def _read(value: Any, kind: str, path: Path) -> str | list[str]:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and value and _is_text(value):
        return value
    raise BadSyntax(
        f"`{kind}` in `{path}` is {value!r:.60}, expected a string, or a list of strings",
        hint="write `kind = 'text'`, or a table with `text` and options",
    )
