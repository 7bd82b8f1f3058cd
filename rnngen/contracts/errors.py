"""Errors for the user: what happened, and how to fix it.

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
    """Anything that can name itself."""

    def called(self) -> str:
        """Its kind and name: "the domain `text`"."""


class Unsupported(UsageError):
    """A component lacks an optional ability of its contract.

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
    """A run could not continue: the disk is full, the loss is not a number."""


class PluginError(RnngenError):
    """A requested plugin is missing, failed to load, or failed while running."""

    exit_code = ExitCode.PLUGIN


class Lacking(PluginError):
    """A component lacks what its contract requires.

    Args:
        thing: the component.
        what: the method or attribute, as it is written: "`size`".
    """

    def __init__(self, thing: Called, what: str) -> None:
        super().__init__(
            f"{thing.called()} lacks {what}", hint="report it to its author, or use another"
        )
        self.what = what


class Blamed(Called, Protocol):
    """Anything that can also say who brings it."""

    component_kind: str
    component_plugin: str


class Broken(PluginError):
    """A component gave what its contract forbids.

    Args:
        thing: the component.
        found: what it did, as a part of the sentence: "`write` gave no file".
        expected: what its contract asks for.
    """

    def __init__(self, thing: Blamed, found: str, expected: str) -> None:
        whose = f" of plugin {thing.component_plugin}" if thing.component_plugin else ""
        kind = {"codec": "domain"}.get(thing.component_kind, thing.component_kind)
        super().__init__(
            f"{thing.called()}{whose}: {found}, expected {expected}",
            hint=f"`rnngen.testing.{kind}s` checks the contract; tell the plugin's author",
        )


class Interrupted(RnngenError):
    """The user stopped the run; it was saved and can be resumed."""

    exit_code = ExitCode.INTERRUPTED
