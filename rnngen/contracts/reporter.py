"""The contract of reporters, who follow training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Reporter(Protocol):
    """Follows training; `rnngen.cli` shows it, `Silent` does not."""

    def note(self, text: str) -> None:
        """Something useful to the user."""

    def warn(self, text: str) -> None:
        """A warning to the user."""

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """After every optimizer step; `eta` in seconds."""

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """A part of training is slow: once a second while it is, from another thread.

        Args:
            part: the current part: `step 12`, `validation`.
            seconds: how long so far.
            reason: why, in a few words; empty where it is unknown.
        """

    def sample(self, text: str, title: str) -> None:
        """A preview of what the model writes."""


class Silent:
    """Reports nothing."""

    def note(self, text: str) -> None:
        """Not said."""

    def warn(self, text: str) -> None:
        """Not said."""

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """Not said."""

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """Not said."""

    def sample(self, text: str, title: str) -> None:
        """Not said."""
