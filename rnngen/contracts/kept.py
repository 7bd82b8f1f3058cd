"""What the saved state of a strategy holds of the data that it learned from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """The part of a bundle that a strategy remembers, seen by the person whose data it was.

    Args:
        data: whether steps of the data are in it as they are; None: the strategy does not say.
        steps: how many of them.
        characters: of text that these stand for; None where they are not text.
        bytes: of the whole state.
    """

    data: bool | None = None
    steps: int = 0
    characters: int | None = None
    bytes: int = 0

    @property
    def may_hold_data(self) -> bool:
        """Whether the data may be read from it: not only where the strategy says that it can."""
        return self.data is not False
