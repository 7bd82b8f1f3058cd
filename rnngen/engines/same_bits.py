"""Chooses padding and threads so that a row's bits do not depend on the other rows.

A seed must give the same sequence whether one or a hundred are drawn. Libraries do not promise
that, for two reasons. Matrix products add in another order for one row than for many. And vector
code leaves the last elements of an array, those that don't fill a pair of vector registers, to
other code: PyTorch's sigmoid rounds one in thirty of them differently. So:

- Batches are padded to a multiple of the *unit*, the number of rows that makes every array of the
  step a multiple of 32 numbers: 1 where the layers' sizes are, as they usually are.
- Nothing is trusted that can be compared. The unit grows until larger batches are exact repetitions
  of it on this machine, with these weights; where oneDNN multiplies, the first one already is. And
  before a number of rows is stepped for the first time, some steps of it are compared, bit by bit,
  with the same steps computed unit by unit on one thread. Where they differ, that number of rows is
  computed on one thread, or unit by unit: slower, but the same.

Other machines, library versions and devices round differently, and may write another sequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from rnngen.contracts.cell import State, map_state, tensors

UNITS = (1, 2, 4, 8, 16, 32)

ACCELERATOR_UNITS = (16, 64)

VECTORS = 32
"""Numbers in the pair of registers that PyTorch's widest loops work on at a time."""

PROBED_STEPS = 8

PROBED_UNITS = 9

Advance = Callable[[Tensor, State], tuple[Tensor, State]]
"""One step: `[B,...]` and the state of B rows to `[B,K]` and the state after it."""


class Way(Enum):
    """A way to compute a number of rows."""

    WHOLE = "at once"
    ONE_THREAD = "at once, on one thread"
    UNITS = "unit by unit, on one thread"


@dataclass(frozen=True)
class Probe:
    """The shape and type of a model's steps.

    Args:
        size: how many different tokens there are.
        shape: of one step: `()` for tokens, `(D,)` for vectors.
        device: where they are.
    """

    size: int
    shape: tuple[int, ...]
    device: torch.device

    def steps(self, rows: int) -> Tensor:
        """Steps `[PROBED_STEPS, rows, ...]` that look random; no random state is touched."""
        numbers = torch.arange(PROBED_STEPS * rows * math.prod(self.shape), device=self.device)
        mixed = (numbers * 7919 + numbers // 3).view(PROBED_STEPS, rows, *self.shape)
        return mixed % self.size if not self.shape else (mixed % 997) / 499 - 1


class SameBits:
    """Finds how rows are computed so that each has the bits that it has in a unit.

    Args:
        advance: one step, a pure function.
        initial: gives the state of any number of rows before the first step.
        probe: what steps look like.
        widths: numbers in a row of the arrays that are neither input nor state.
    """

    def __init__(
        self,
        advance: Advance,
        initial: Callable[[int], State],
        probe: Probe,
        widths: Sequence[int] = (),
    ) -> None:
        self._advance = advance
        self._initial = initial
        self._probe = probe
        self._on_cpu = probe.device.type == "cpu"
        self._ways: dict[tuple[int, int], Way] = {}
        self.unit, self._grows = self._choose_unit(widths)

    def padded(self, batch: int) -> int:
        """The number of rows, in whole units, that holds `batch`."""
        return -(-batch // self.unit) * self.unit

    def way(self, rows: int) -> Way:
        """How `rows` rows, a multiple of the unit, are computed on the threads there are now."""
        key = rows, torch.get_num_threads()
        if key not in self._ways:
            if rows == self.unit:
                same = True
            else:
                with one_thread():
                    same = self._grows and self._repeats(rows, self.unit)
            if not same:
                self._ways[key] = Way.UNITS
            else:
                self._ways[key] = Way.WHOLE if self._threads_agree(rows) else Way.ONE_THREAD
        return self._ways[key]

    def _choose_unit(self, widths: Sequence[int]) -> tuple[int, bool]:
        """The unit, and whether larger batches may be computed at once at all."""
        units = UNITS if self._on_cpu else ACCELERATOR_UNITS
        sizes = [part.numel() for _, part in tensors(self._initial(1))]
        smallest = VECTORS // math.gcd(VECTORS, *sizes, *widths)
        for unit in units:
            if unit >= smallest and self._repeats(max(2 * unit, VECTORS), unit):
                return unit, True
        return (1, False) if self._on_cpu else (units[-1], False)

    def _repeats(self, rows: int, unit: int) -> bool:
        """Whether `rows` rows at once give the bits of `unit` rows at a time, in any order."""
        steps = self._probe.steps(rows)
        outputs = self._run(steps)
        if not (self._places_agree(steps) and self._places_agree(steps[:, :unit])):
            return False
        starts = range(0, rows, unit)
        probed = {starts[i * (len(starts) - 1) // (PROBED_UNITS - 1)] for i in range(PROBED_UNITS)}
        parts = (slice(start, start + unit) for start in sorted(probed))
        return all(torch.equal(self._run(steps[:, part]), outputs[:, part]) for part in parts)

    def _places_agree(self, steps: Tensor) -> bool:
        """Whether every row has the same bits when shifted by one place."""
        return torch.equal(self._run(steps.roll(1, 1)).roll(-1, 1), self._run(steps))

    def _threads_agree(self, rows: int) -> bool:
        """Whether as many threads as there are now give the same bits as one."""
        if torch.get_num_threads() == 1 or not self._on_cpu:
            return True
        steps = self._probe.steps(rows)
        several = self._run(steps)
        with one_thread():
            return torch.equal(self._run(steps), several)

    def _run(self, steps: Tensor) -> Tensor:
        """Outputs `[T,B,K]` for `steps [T,B,...]` from the initial state."""
        state = self._initial(steps.shape[1])
        outputs = []
        for row in steps:
            output, state = self._advance(row, state)
            outputs.append(output)
        return torch.stack(outputs)


def by_units(advance: Advance, tokens: Tensor, state: State, unit: int) -> tuple[Tensor, State]:
    """One step of many rows, `unit` rows at a time, on one thread."""
    outputs, states = [], []
    with one_thread():
        for start in range(0, len(tokens), unit):
            output, after = advance(*_rows(tokens, state, slice(start, start + unit)))
            outputs.append(output)
            states.append(after)
    return torch.cat(outputs), map_state(lambda *parts: torch.cat(parts), *states)


def _rows(tokens: Tensor, state: State, part: slice) -> tuple[Tensor, State]:
    """Copies some rows: the order of addition in a product may depend on the address."""
    return tokens[part], map_state(lambda tensor: tensor[part].clone(), state)


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which PyTorch computes on one thread."""
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
