"""What the user wants, as they said it: the one list of what `fit` and `continual` can be told.

Options of the commands are made from the fields of `Wanted`; `WantedArguments` says the same to
type checkers, for the keywords of `rnngen.fit`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict

from rnngen.files.named import expanded

LIMITS = ("time", "steps", "epochs")
"""What a resumed run may change, to go on for longer."""


def said(help: str, flag: str | None = None) -> dict[str, str | None]:
    """What a field's option says, and its name where that is not the field's."""
    return {"help": help, "flag": flag}


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; what is None or empty was not said.

    Args:
        data: files, folders, patterns, `-`, `corpus:NAME`; several are one corpus, or under a
            strategy tasks in a row.
        arrangement: which data arguments are learned together, by number, task by task; with it
            each argument is a data set of its own, and all are measured after each task.
        options: all other options, as `name=value`.
    """

    data: Sequence[str] = ()
    cell: str | None = field(
        default=None,
        metadata=said(
            "Recurrent cell: gru, lstm, rnn, and those of plugins (`rnngen list cells`)."
        ),
    )
    layers: int | None = field(default=None, metadata=said("Number of stacked cells."))
    hidden: int | None = field(default=None, metadata=said("Size of a cell's output."))
    tokens: str | None = field(
        default=None,
        metadata=said("Tokens of a text: char, byte, word, bpe:N, unigram:N."),
    )
    domain: str | None = field(
        default=None,
        metadata=said(
            "Kind of data: text, music, series, ... (`rnngen list domains`).  [default: text]"
        ),
    )
    plugins: Sequence[str] = field(
        default=(),
        metadata=said(
            "Learning strategy (`rnngen list strategies`); may be repeated. Several data arguments "
            "are then learned in a row.",
            "plugin",
        ),
    )
    arrangement: Sequence[Sequence[int]] | None = None
    time: float | None = field(
        default=None,
        metadata=said(
            "Stop after this time: 90s, 2m, 1h30m.  [default: 3m, where no limit is given]"
        ),
    )
    steps: int | None = field(default=None, metadata=said("Stop after this many optimizer steps."))
    epochs: float | None = field(
        default=None, metadata=said("Stop after this many passes over the data.")
    )
    valid: Sequence[str] = field(
        default=(),
        metadata=said("Validate on this file, not on the last tenth of the data."),
    )
    run: Path | None = field(
        default=None, metadata=said("Folder of the run.  [default: runs/DATE-TIME-NAME]")
    )
    start: Path | None = field(
        default=None, metadata=said("Continue training this model, on new data.", "from")
    )
    resume: Path | None = field(default=None, metadata=said("Resume this stopped run."))
    config: Path | None = field(
        default=None, metadata=said("Configuration file.  [default: ./rnngen.toml, if any]")
    )
    seed: int | None = field(
        default=None, metadata=said("Seed of weights, data order and dropout.  [env: RNNGEN_SEED]")
    )
    device: str | None = field(
        default=None, metadata=said("auto, cpu, cuda, mps.  [env: RNNGEN_DEVICE]")
    )
    precision: str | None = field(default=None, metadata=said("auto, fp32, bf16."))
    trackers: Sequence[str] = field(
        default=(),
        metadata=said(
            "Also send metrics to: tensorboard, ... (`rnngen list trackers`).", "tracker"
        ),
    )
    options: Sequence[str] = ()

    @classmethod
    def of(cls, data: Sequence[str] | str, **given: Any) -> Wanted:
        """From arguments as a caller may write them: one name or several, paths as text.

        Args:
            data: as the field.
            given: other fields; `options` may be a mapping.

        Raises:
            TypeError: there is no such field.
        """
        given = dict(given, data=data)
        for name in ("data", "valid", "plugins", "trackers"):
            given[name] = _listed(given.get(name, ()))
        for name in ("run", "start", "resume", "config"):
            given[name] = None if given.get(name) is None else Path(given[name])
        given["options"] = _assignments(given.get("options", ()))
        return cls(**given)

    @property
    def flags(self) -> dict[str, dict[str, Any]]:
        """The values of options that have a field of their own, by section; None is not given."""
        return {
            "model": {"cell": self.cell, "layers": self.layers, "hidden": self.hidden},
            "text": {"tokens": self.tokens},
            "train": {
                "seed": self.seed,
                "device": self.device,
                "precision": self.precision,
                **self.limits,
            },
        }

    @property
    def limits(self) -> dict[str, Any]:
        """When the run ends; None is not given."""
        return {"time": self.time, "steps": self.steps, "epochs": self.epochs}

    @property
    def by_task(self) -> bool:
        """Whether each data argument is a data set of its own, measured after each task."""
        return bool(self.plugins) or self.arrangement is not None

    def given(self) -> set[str]:
        """Names of the fields that say something."""
        return {each.name for each in fields(self) if vars(self)[each.name] != each.default}


class SharedArguments(TypedDict, total=False):
    """Keywords of both `fit` and `continual`."""

    run: str | Path | None
    domain: str | None
    cell: str | None
    layers: int | None
    hidden: int | None
    tokens: str | None
    steps: int | None
    epochs: float | None
    seed: int | None
    device: str | None
    precision: str | None
    options: Sequence[str] | Mapping[str, Any]
    config: str | Path | None


class WantedArguments(SharedArguments, total=False):
    """Keywords of `fit`."""

    start: str | Path | None
    resume: str | Path | None
    valid: Sequence[str] | str
    time: float | None
    plugins: Sequence[str]
    arrangement: Sequence[Sequence[int]] | None
    trackers: Sequence[str]


def absolute(argument: str) -> str:
    """A data argument that means the same from any folder."""
    if argument == "-" or argument.startswith("corpus:"):
        return argument
    return str(expanded(argument).absolute())


def check_keywords(function: str, given: Mapping[str, Any], known: type) -> None:
    """Refuses a keyword that a function does not have, as Python itself would.

    Raises:
        TypeError: one of `given` is not a key of the TypedDict `known`.
    """
    for name in given:
        if name not in known.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument '{name}'")


def _listed(value: Sequence[str] | str | os.PathLike[str]) -> tuple[str, ...]:
    one = isinstance(value, str | os.PathLike)
    return (str(value),) if one else tuple(map(str, value))  # type: ignore[arg-type]


def _assignments(options: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    if isinstance(options, Mapping):
        return tuple(f"{name}={value}" for name, value in options.items())
    return tuple(options)
