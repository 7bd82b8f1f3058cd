"""Errors that are meant for the user: what happened, and how to mend it.

Anything that is not an `RnngenError` is a bug of ours and ends with exit code 70.
"""

from __future__ import annotations

from typing import Protocol


class ExitCode:
    """The exit codes of the command line; documented in README.md, fixed by tests/cli."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PLUGIN = 3
    INTERNAL = 70
    INTERRUPTED = 130


class RnngenError(Exception):
    """Something the user can act on.

    Args:
        message: what happened, where, and what was expected; lower case, no final period, names
            in backticks.
        hint: how to mend it; shown on a line of its own after `hint:`.
    """

    exit_code: int = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RnngenError):
    """The command as typed makes no sense: unknown option, component, file or run."""

    exit_code = ExitCode.USAGE


class Called(Protocol):
    """Whatever can say what it is."""

    def called(self) -> str:
        """What it is and what it is called: "the domain `text`"."""


class Unsupported(UsageError):
    """A component was asked for an ability that its contract leaves open and that it lacks.

    Args:
        thing: the component.
        what: the ability, as a noun: "continuing from a file".
        hint: what does it instead.
    """

    def __init__(self, thing: Called, what: str, *, hint: str | None = None) -> None:
        super().__init__(f"{thing.called()} does not support {what}", hint=hint)


class DataError(RnngenError):
    """The data can't be used: not UTF-8, empty, too short, unreadable."""


class BundleError(RnngenError):
    """A bundle or checkpoint is damaged, truncated, foreign, or lies about itself."""


class RunError(RnngenError):
    """A run could not go on: the disk is full, the loss is not a number."""


class PluginError(RnngenError):
    """A plugin that was asked for is missing, failed to load, or failed at work."""

    exit_code = ExitCode.PLUGIN


class Lacking(PluginError):
    """A component lacks what its contract asks of everyone.

    Args:
        thing: the component.
        what: the method or attribute, as it is written: "`size`".
    """

    def __init__(self, thing: Called, what: str) -> None:
        super().__init__(
            f"{thing.called()} lacks {what}", hint="tell its author, or choose another one"
        )
        self.what = what


class Interrupted(RnngenError):
    """The user stopped the run; it was saved and can be resumed."""

    exit_code = ExitCode.INTERRUPTED
