"""The chunk that the training loop is reading."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rnngen import Batch

IGNORED = -100
"""The target of a padded step; `torch.nn.functional.cross_entropy` leaves it out."""

PADDING = -1
"""The input of a padded step in a stored window."""


class Chunk:
    """What Avalanche's plugins see as the current minibatch, items first.

    Copies are the same object: a teacher that was copied from the model reads with the same loop.
    """

    def __init__(self) -> None:
        self.number = 0
        """Counts the chunks of a run."""
        self.lanes = 0
        """Rows that carry their state on; those behind them begin with the initial state."""
        self.batch: Batch | None = None
        self.x: Tensor | None = None
        """`[B,T]` inputs. A view knows the chunk by this very object."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Chunk:
        return self

    def read(self, batch: Batch, lanes: int, *, again: bool = False) -> None:
        """The next chunk, or with `again` the same one with other rows behind the lanes."""
        self.number += not again
        self.batch, self.lanes = batch, lanes
        self.x = batch.inputs.t()

    def close(self) -> None:
        """Marks that nothing is being read: every pass begins with the initial state."""
        self.batch = self.x = None

    @property
    def y(self) -> Tensor:
        """The targets `[B,T]`; `IGNORED` where they have no weight."""
        assert self.batch is not None
        targets = self.batch.targets.t()
        if self.batch.weights is None:
            return targets
        return targets.masked_fill(self.batch.weights.t() == 0, IGNORED)

    def known(self, units: int, size: int) -> Tensor | None:
        """A mask `[B·T]` of where a model with `units` can answer; None: everywhere.

        It can't after a token it has never seen, and there is nothing to answer in padding.

        Args:
            units: tokens that the model knows.
            size: tokens that there are.
        """
        assert self.batch is not None
        if units == size and self.batch.weights is None:
            return None
        known = self.batch.inputs < units
        if self.batch.weights is not None:
            known = known & (self.batch.weights > 0)
        return known.t().reshape(-1)
