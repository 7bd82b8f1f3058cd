"""Watches over parts of a training that may take long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rnngen.contracts.reporter import Reporter
from rnngen.training.interrupts import Interrupts
from rnngen.training.slow_step import SlowSteps


class Watch:
    """Says when a part is slow, and gives it up a moment after Ctrl-C.

    Args:
        reporter: who is told.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._interrupts = Interrupts(reporter.warn)
        self._slow = SlowSteps(reporter.slow)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._interrupts.requested

    @contextmanager
    def on(self) -> Iterator[None]:
        """While a training runs."""
        with self._interrupts, self._slow.watching():
            yield

    @contextmanager
    def part(self, what: str, kind: str | None = None) -> Iterator[None]:
        """A part that may take long.

        Args:
            what: its name.
            kind: parts of one kind usually take equally long; None: it is the only one.

        Raises:
            GivenUp: from wherever it is, a moment after Ctrl-C.
        """
        with self._slow.part(what, kind or what), self._interrupts.breakable():
            yield
