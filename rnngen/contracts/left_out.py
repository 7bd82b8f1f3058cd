"""Counts what a domain leaves out of its files, so that it is said once and not file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class _Kind:
    pieces: int = 0
    last: int = -1
    amount: int = 0
    first: str = ""
    examples: dict[str, None] = field(default_factory=dict)


class LeftOut:
    """What a domain can't keep of its files, counted kind by kind and said once.

    Args:
        remark: told each kind once, by `say`; for example, adds to `Domain.remarks`.
    """

    def __init__(self, remark: Callable[[str], None] = lambda text: None) -> None:
        self._remark = remark
        self._pieces = 0
        self._kinds: dict[str, _Kind] = {}

    def piece(self) -> None:
        """Counts a piece that was read."""
        self._pieces += 1

    def add(self, what: str, name: str, amount: int = 0, example: str = "") -> None:
        """Counts something of a piece that is not kept.

        Args:
            what: the kind, a phrase: `notes longer than 32 beats cut to that`.
            name: name of the piece or its file.
            amount: how many there are, 0 if they aren't counted.
            example: what exactly, for example `7/32`.
        """
        kind = self._kinds.setdefault(what, _Kind(first=name))
        kind.pieces += kind.last != self._pieces
        kind.last = self._pieces
        kind.amount += amount
        if example:
            kind.examples[example] = None

    def say(self) -> None:
        """Tells all that was counted, one sentence a kind."""
        for what, kind in self._kinds.items():
            examples = list(kind.examples)
            shown = ", ".join(examples[:3]) + (", ..." if len(examples) > 3 else "")
            amount = f"{kind.amount:,}" if kind.amount else ""
            counted = ": ".join(part for part in (amount, shown) if part)
            where = f"`{kind.first}`"
            if self._pieces > 1:
                where = f"{kind.pieces:,} of {self._pieces:,} pieces"
                where += f", the first in `{kind.first}`" if kind.pieces < self._pieces else ""
            self._remark(f"{where}: {what}{f' ({counted})' if counted else ''}")
