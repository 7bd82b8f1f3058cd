"""Options of commands, made from the fields of `Wanted`."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from rnngen.cli.complete import complete_cells, complete_domains, complete_runs, complete_strategies
from rnngen.cli.parameters import PATH, Duration, F
from rnngen.training.wanted import Wanted

COMPLETED = {
    "cell": complete_cells,
    "domain": complete_domains,
    "plugins": complete_strategies,
    "start": complete_runs,
    "resume": complete_runs,
}


def wanted_options(
    names: str, helps: Mapping[str, str] | None = None, hidden: Sequence[str] = ()
) -> Callable[[F], F]:
    """Adds an option for each field; the parameters have the names of the fields.

    Args:
        names: of the fields, with spaces between them, as they are listed in the help.
        helps: help texts of a command that means something else by them.
        hidden: options that the help does not show.
    """
    by_name = {field.name: field for field in fields(Wanted)}
    made = [
        _option(by_name[name], (helps or {}).get(name), name in hidden) for name in names.split()
    ]

    def decorate(command: F) -> F:
        for option in reversed(made):
            command = option(command)
        return command

    return decorate


def _option(field: Field[Any], help: str | None, hidden: bool) -> Callable[[F], F]:
    kind = typing.get_type_hints(Wanted)[field.name]
    types = typing.get_args(kind) or (kind,)
    several = typing.get_origin(kind) is not None and type(None) not in types
    return click.option(
        f"--{field.metadata['flag'] or field.name}",
        field.name,
        type=_type(field.name, types[0]),
        multiple=several,
        help=help or field.metadata["help"],
        hidden=hidden,
        shell_complete=COMPLETED.get(field.name),
    )


def _type(name: str, kind: type) -> Any:
    if name == "time":
        return Duration()
    return PATH if kind is Path else kind
