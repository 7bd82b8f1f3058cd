"""Checks of the numbers that several verbs take."""

from __future__ import annotations

from rnngen.contracts.errors import UsageError


def check_at_least(least: int, **values: int | None) -> None:
    """Refuses a number below `least`, by its name; None is not given.

    Raises:
        UsageError: one is too small.
    """
    for name, value in values.items():
        if value is not None and value < least:
            raise UsageError(f"`{name}` is {value}, expected at least {least}")
