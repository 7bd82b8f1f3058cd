"""Errors of constraints: all of them are found before anything is sampled."""

from __future__ import annotations

from rnngen.errors import UsageError


class ConstraintError(UsageError):
    """A constraint that makes no sense, or can't be kept with this model."""


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
    """Something that is known, and not done; named, and never ignored."""


class Hostile(ConstraintError):
    """A constraint that would take more memory or time than any sensible one needs."""


class BadRule(ConstraintError):
    """A rule of a plugin that breaks its contract."""
