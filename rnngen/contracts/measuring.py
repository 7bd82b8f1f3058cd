"""Measuring: what a domain needs to compute its field's own metrics of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from rnngen.contracts.codec import Codec
from rnngen.contracts.contract import default

if TYPE_CHECKING:
    import numpy as np
    import torch

    from rnngen.contracts.batch import Batch
    from rnngen.contracts.likelihood import Likelihood


class Measured(Protocol):
    """Encoded data: documents one after another, each with its boundary before it."""

    @property
    def steps(self) -> np.ndarray:
        """`[n]` ids or `[n,D]` vectors; the first is context, every other is to be predicted."""

    @property
    def documents(self) -> np.ndarray:
        """`[m]`, the position of each document's boundary."""


class Measuring(ABC):
    """A model and the data to measure it on; passed to `Domain.evaluate`."""

    WHOLE: ClassVar[Sequence[int]] = (32, 16, 8, 4, 2, 1)
    """Lane counts to try: the first that splits no document is used."""

    codec: Codec
    """The model's codec."""

    likelihood: Likelihood
    """The model's likelihood, with its trained parameters."""

    label: str
    """A description of the held-out data."""

    @default
    def held_out(self) -> Measured:
        """The held-out data."""
        raise NotImplementedError

    @default
    def train(self) -> Measured | None:
        """The training data, to fit baselines on; None: no baselines."""
        return None

    @abstractmethod
    def note(self, text: str) -> None:
        """Tells the user what takes long."""

    @abstractmethod
    def batches(self, chunk: int, lanes: int | Sequence[int] = WHOLE) -> Iterator[Batch]:
        """Batches in which every held-out step is a target once.

        Args:
            chunk: steps of a batch at most.
            lanes: sequences side by side; of several numbers, the first with which the state
                restarts at documents only.
        """

    @abstractmethod
    def outputs(
        self, chunk: int, lanes: int | Sequence[int] = WHOLE
    ) -> Iterator[tuple[torch.Tensor, Batch]]:
        """The model's outputs `[T,B,K]` for each batch, with the state carried over."""

    @abstractmethod
    def nll(self, chunk: int, lanes: int | Sequence[int] = WHOLE) -> float:
        """The sum of −ln p of all held-out steps, in nats."""

    @abstractmethod
    def baselines(self, order: int) -> list[tuple[str, float]]:
        """Simple models of ids fitted to `train`, as name and sum of −ln p of the same steps.

        Args:
            order: of the n-gram model; a unigram is always included.
        """
