"""The tools with which a domain measures a bundle's model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.batch import Batch
from rnngen.contracts.measuring import Measuring
from rnngen.data.measuring import Evaluation, evaluation
from rnngen.data.store import Store
from rnngen.metrics.baselines import NGram, unigram_nats
from rnngen.metrics.scoring import score


class Measurement(Measuring):
    """A bundle's model, on the device where it is, and two stores.

    Args:
        bundle: the model.
        train: what it learned from, for simple models to compare with; None: compare with none.
        held_out: what is measured on.
        label: that in words.
        note: told what takes its time.
    """

    def __init__(
        self,
        bundle: Bundle,
        train: Store | None,
        held_out: Store,
        label: str,
        note: Callable[[str], None],
    ) -> None:
        self.bundle = bundle
        self.codec = bundle.codec
        self.likelihood = bundle.model.likelihood
        self.train: Store | None = train
        self.held_out: Store = held_out
        self.label = label
        self._note = note

    def note(self, text: str) -> None:
        """Tells the user what takes its time."""
        self._note(text)

    def batches(self, chunk: int, lanes: int | Sequence[int] = Measuring.WHOLE) -> Iterator[Batch]:
        """Every step of what was held out once, as a target; see `Measuring.batches`."""
        return iter(self._batches(chunk, lanes))

    def outputs(
        self, chunk: int, lanes: int | Sequence[int] = Measuring.WHOLE
    ) -> Iterator[tuple[Tensor, Batch]]:
        """What the model gives for each of the batches, `[T,B,K]`, and the batch on its device."""
        model, device = self.bundle.model, self._device
        training = model.training
        model.eval()
        try:
            state: Any = None
            width = 0
            for batch in self._batches(chunk, lanes):
                batch = batch.to(device)
                if batch.inputs.shape[1] != width:
                    width = batch.inputs.shape[1]
                    state = model.initial_state(width)
                with torch.no_grad():
                    output, state = model(batch.inputs, state, batch.resets, batch.condition)
                yield output, batch
        finally:
            model.train(training)

    def nll(self, chunk: int, lanes: int | Sequence[int] = Measuring.WHOLE) -> float:
        """The sum of −ln p of all steps of what was held out, in nats."""
        return score(self.bundle.model, self._batches(chunk, lanes), self._device).nats

    def baselines(self, order: int) -> list[tuple[str, float]]:
        """The unigram and an n-gram model, as name and sum of −ln p; none without `train`."""
        if self.train is None:
            return []
        size = self.codec.size
        steps = np.asarray(self.train.steps, np.int64)
        known = np.asarray(self.held_out.steps, np.int64)
        # The first target has the boundary before it, as the model has.
        grams = NGram(steps, size, order).nats(known)[1:]
        return [
            ("unigram", float(unigram_nats(steps, known[1:], size).sum())),
            (f"{order}-gram", float(grams.sum())),
        ]

    @property
    def _device(self) -> torch.device:
        return next(self.bundle.model.parameters()).device

    def _batches(self, chunk: int, lanes: int | Sequence[int]) -> Evaluation:
        if isinstance(lanes, int):
            return evaluation(self.held_out, chunk, lanes)
        found = (evaluation(self.held_out, chunk, count) for count in lanes)
        return next(batches for batches in found if batches.exact)
