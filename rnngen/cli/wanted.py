"""Options of commands, made from the fields of `Wanted`."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from rnngen.cli.complete import (
    complete_data,
    complete_runs,
    complete_strategies,
    names_of,
    values,
)
from rnngen.cli.parameters import PATH, Duration, F
from rnngen.cli.spelled import OTHER_NAMES
from rnngen.components.domains.text.options import Options as TextOptions
from rnngen.contracts.options import describe
from rnngen.kernel.core_options import SECTIONS
from rnngen.training.wanted import Wanted

COMPLETED = {
    "cell": names_of("cell"),
    "domain": names_of("domain"),
    "tokens": values("char", "byte", "word", "word:", "bpe:", "unigram:"),
    "device": values("auto", "cpu", "cuda", "mps"),
    "precision": values("auto", "fp32", "bf16"),
    "trackers": names_of("tracker"),
    "valid": complete_data,
    "plugins": complete_strategies,
    "start": complete_runs,
    "resume": complete_runs,
}

METAVARS = {
    **dict.fromkeys(["cell", "domain", "plugins", "trackers", "device", "precision"], "NAME"),
    **dict.fromkeys(["layers", "hidden", "steps", "seed"], "N"),
    **dict.fromkeys(["valid", "config"], "FILE"),
    **dict.fromkeys(["start", "resume"], "RUN"),
    "tokens": "KIND",
    "time": "TIME",
    "epochs": "NUMBER",
    "run": "FOLDER",
}
"""What the help shows for the values."""


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
    default = None if help else _default(field.name)
    text = help or field.metadata["help"]
    return click.option(
        f"--{field.metadata['flag'] or field.name}",
        *OTHER_NAMES.get(field.name, ()),
        field.name,
        type=_type(field.name, types[0]),
        multiple=several,
        metavar=METAVARS[field.name],
        help=text if default is None else f"{text}  [default: {default}]",
        hidden=hidden,
        shell_complete=COMPLETED.get(field.name),
    )


def _default(name: str) -> Any:
    """The default of the option that a field stands for; None where it has none."""
    sections = {**SECTIONS, "text": TextOptions}
    for section, names in Wanted().flags.items():
        for option in describe(sections[section]):
            if option.name == name and name in names:
                return option.default
    return None


def _type(name: str, kind: type) -> Any:
    if name == "time":
        return Duration()
    return PATH if kind is Path else kind
