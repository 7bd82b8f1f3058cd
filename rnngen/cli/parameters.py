"""Parameters that several commands share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rnngen.cli.complete import complete_runs, names_of, values
from rnngen.cli.complete_options import complete_assignments
from rnngen.cli.ui import Ui

F = TypeVar("F", bound=Callable[..., Any])


class NamedPath(click.Path):
    """A path that is not empty: an empty one would be the working folder, which nobody named."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error for an empty text."""
        if value == "":
            self.fail("the path is empty", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)

UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


class Duration(click.ParamType[float]):
    """`2m`, `90s`, `1h30m`, `1.5h`, `7d`, or plain seconds; gives seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Seconds; a usage error for anything else, for 0 or less, and for what has no end."""
        if isinstance(value, int | float):
            return float(value)
        text = value.strip().lower()
        number = r"(\d+(?:\.\d+)?)"
        if re.fullmatch(number, text) and 0 < float(text) < math.inf:
            return float(text)
        match = re.fullmatch(f"(?:{number}d)?(?:{number}h)?(?:{number}m)?(?:{number}s)?", text)
        seconds = 0.0
        if match:
            parts = zip(match.groups(), UNITS.values(), strict=True)
            seconds = sum(float(part) * unit for part, unit in parts if part)
        if not 0 < seconds < math.inf:
            self.fail(
                f"{value!r} is not a duration; expected something like `90s`, `2m` or `1h30m`",
                param,
                ctx,
            )
        return seconds


class Seed(click.ParamType[int]):
    """A whole number that generators of random numbers take; the help shows no bounds."""

    name = "integer"
    _range = click.IntRange(min=0, max=2**64 - 1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; a usage error where it is out of bounds."""
        return int(self._range.convert(value, param, ctx))


def option_assignments(example: str) -> Callable[[F], F]:
    """`-o NAME=VALUE`, repeatable; the parameter is `assignments`, a tuple of texts.

    Args:
        example: an assignment that the command understands.
    """
    return click.option(
        "-o",
        "--option",
        "assignments",
        multiple=True,
        metavar="NAME=VALUE",
        shell_complete=complete_assignments,
        help=f"Set an option: `-o {example}`; may be repeated. `rnngen show NAME` lists a "
        "component's options.",
    )


def json_flag(command: F) -> F:
    """`--json`; the parameter is `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout.")(command)


def run_argument(command: F) -> F:
    """An optional `RUN`, the folder of a run or bundle; the parameter is `run`, a path or None."""
    return click.argument(
        "run",
        required=False,
        type=PATH,
        shell_complete=complete_runs,
    )(command)


def decoder_option(command: F) -> F:
    """`--decoder`; the parameter is `decoder`, a name or None."""
    return click.option(
        "--decoder",
        metavar="NAME",
        shell_complete=names_of("decoder"),
        help="How steps are chosen, see `rnngen list decoders`.  [default: sample]",
    )(command)


def engine_option(command: F) -> F:
    """`--engine`; the parameter is `engine`, a name."""
    return click.option(
        "--engine",
        metavar="NAME",
        default="torch",
        show_default=True,
        shell_complete=names_of("engine"),
        help="What executes the model's steps, see `rnngen list engines`.",
    )(command)


def seed_option(text: str) -> Callable[[F], F]:
    """`--seed` with this help; the parameter is `seed`."""
    return click.option(
        "--seed",
        type=Seed(),
        metavar="N",
        default=0,
        show_default=True,
        envvar="RNNGEN_SEED",
        show_envvar=True,
        help=text,
    )


def device_option(command: F) -> F:
    """`--device`; the parameter is `device`."""
    return click.option(
        "--device",
        default="auto",
        show_default=True,
        shell_complete=values("auto", "cpu", "cuda", "mps"),
        envvar="RNNGEN_DEVICE",
        show_envvar=True,
        help="auto, cpu, cuda, cuda:1, mps.",
    )(command)


def config_option(command: F) -> F:
    """`--config`, a file to read; the parameter is `config`, a path or None."""
    return click.option(
        "--config",
        type=PATH,
        metavar="FILE",
        help="Read settings from this file instead of `rnngen.toml`.",
    )(command)


def verbosity(command: F) -> F:
    """`-q` and `-v` after the command's name, the same as before it."""
    for flags, attribute, text in (
        (("-v", "--verbose"), "verbose", "Say more."),
        (("-q", "--quiet"), "quiet", "Say less."),
    ):
        command = click.option(
            *flags,
            count=True,
            expose_value=False,
            help=text,
            callback=_adds_to(attribute),
        )(command)
    return command


pass_ui: Callable[[Callable[..., Any]], Callable[..., Any]] = click.make_pass_decorator(
    Ui, ensure=True
)
"""Gives a command the `Ui` as its first argument."""


def _adds_to(attribute: str) -> Callable[[click.Context, click.Parameter, int], None]:
    def add(ctx: click.Context, param: click.Parameter, value: int) -> None:
        ui = ctx.ensure_object(Ui)
        setattr(ui, attribute, getattr(ui, attribute) + value)

    return add
