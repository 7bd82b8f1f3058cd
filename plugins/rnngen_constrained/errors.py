"""Errors of constraints: all but the last resort are found before anything is sampled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnngen import ExitCode, RunError, UsageError

if TYPE_CHECKING:
    from torch import Tensor


class ConstraintError(UsageError):
    """A constraint that is not valid, or can't be satisfied with this model."""


class BadSyntax(ConstraintError):
    """A constraint that can't be read; the message says where and why."""


class EmptyLanguage(ConstraintError):
    """No sequence at all satisfies the constraint."""


class Unspellable(EmptyLanguage):
    """Sequences satisfy the constraint, but the model's steps can't write any of them."""


class Contradiction(EmptyLanguage):
    """Each constraint can be satisfied, but no sequence satisfies all of them."""


class TooShort(ConstraintError):
    """The shortest valid sequence is longer than what may be written."""


class Unsupported(ConstraintError):
    """A known feature that is not supported; refused by name, never ignored."""


class Hostile(ConstraintError):
    """A constraint that would take more memory or time than any sensible one needs."""


class Undecided(Hostile):
    """Constraints too large together to find out whether anything satisfies all of them."""


class Invalid(ConstraintError):
    """Every text that was written failed the check of the whole text."""


class Unproven(Exception):
    """A machine that is proven right wrote something invalid: our mistake, not the user's."""


class BadRule(ConstraintError):
    """A plugin's rule that breaks its contract."""

    exit_code = ExitCode.PLUGIN


def check_open(mask: Tensor) -> None:
    """Raises RunError rather than write what is not allowed.

    Args:
        mask: `[B,V]` bool, for rows that are not finished.

    Raises:
        RunError: a row has no step that is allowed.
    """
    if not bool(mask.any(-1).all()):
        raise RunError(
            "the constraints together allow no next step, although each of them alone does",
            hint="allow more steps with `--length`, or use fewer constraints at once",
        )
