"""Options as users of other tools spell them: `--lr 0.01` is `-o train.learning_rate=0.01`.

They are names and nothing more: what is typed becomes an assignment of `-o`, and goes its way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from rnngen.cli.parameters import F
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import describe
from rnngen.kernel.assignments import parse_assignments
from rnngen.kernel.core_options import SECTIONS


@dataclass(frozen=True)
class Spelling:
    """One option with its names on the command line.

    Args:
        flags: the names.
        option: what they set, as `-o` has it.
        metavar: what the help shows for the value.
        help: what the option means; `-o` and the default are added.
        default: as the help shows it; empty: that of an option of the core.
    """

    flags: tuple[str, ...]
    option: str
    metavar: str
    help: str
    default: str = ""

    @property
    def parameter(self) -> str:
        """The name under which click passes the value."""
        return "spelled_" + self.option.replace(".", "_")

    @property
    def name(self) -> str:
        """The option's name without its section."""
        return self.option.rpartition(".")[2]

    def described(self) -> str:
        """The help text."""
        default = f"  [default: {self.default or _core_default(self.option)}]"
        return f"{self.help} (`-o {self.option}=`).{default}"


TRAINING = (
    Spelling(("--lr", "--learning-rate"), "train.learning_rate", "NUMBER", "Highest learning rate"),
    Spelling(("--batch-size",), "train.lanes", "N", "Sequences in a batch"),
    Spelling(
        ("--seq-len", "--sequence-length"),
        "train.chunk",
        "N",
        "Steps of backpropagation through time",
    ),
    Spelling(("--dropout",), "model.dropout", "SHARE", "Share of a layer's output dropped"),
)
"""Of `fit` and `continual`."""

WRITING = (
    Spelling(("--temperature",), "temperature", "NUMBER", "Below 1 safer, above 1 wilder", "1.0"),
    Spelling(("--top-k",), "top_k", "N", "Draw from the N most probable steps", "0: all"),
    Spelling(("--top-p",), "top_p", "SHARE", "Draw from the nucleus of this probability", "1.0"),
    Spelling(("--min-p",), "min_p", "SHARE", "Leave out less probable steps", "0.0"),
    Spelling(
        ("--repetition-penalty",), "repetition_penalty", "NUMBER", "Above 1 repeats less", "1.0"
    ),
    Spelling(("--num-beams", "--beam-width"), "width", "N", "Beginnings that `beam` keeps", "4"),
)
"""Of `generate` and `chat`: options of the decoder."""

OTHER_NAMES = {
    "layers": ("--num-layers",),
    "hidden": ("--hidden-size",),
    "steps": ("--max-steps",),
    "epochs": ("--num-epochs",),
    "length": ("--max-length", "--max-tokens"),
}
"""Further names of options that the commands have anyway."""


def _core_default(option: str) -> Any:
    section, _, name = option.partition(".")
    return next(each.default for each in describe(SECTIONS[section]) if each.name == name)


def spelled_options(spellings: Sequence[Spelling]) -> Callable[[F], F]:
    """Adds the options; what is typed is added to the command's `assignments`."""

    def decorate(command: F) -> F:
        @functools.wraps(command)
        def run(*arguments: Any, **given: Any) -> Any:
            typed = {spelling: given.pop(spelling.parameter) for spelling in spellings}
            given["assignments"] = with_typed(given["assignments"], typed)
            return command(*arguments, **given)

        decorated: Any = run
        for spelling in reversed(spellings):
            decorated = click.option(
                *spelling.flags,
                spelling.parameter,
                metavar=spelling.metavar,
                help=spelling.described(),
            )(decorated)
        return decorated  # type: ignore[no-any-return]

    return decorate


def with_typed(assignments: Sequence[str], typed: Mapping[Spelling, str | None]) -> tuple[str, ...]:
    """The texts of `-o`, with those that were spelled out.

    Raises:
        UsageError: an option is given both ways.
    """
    made = list(assignments)
    for spelling, value in typed.items():
        if value is None:
            continue
        section = spelling.option.rpartition(".")[0]
        for other in parse_assignments(assignments):
            if other.name == spelling.name and (not section or other.section in (None, section)):
                raise UsageError(
                    f"`{spelling.flags[0]} {value}` and `-o {other}={other.text}` set the same "
                    "option",
                    hint="leave one of them out",
                )
        made.append(f"{spelling.option}={value}")
    return tuple(made)
