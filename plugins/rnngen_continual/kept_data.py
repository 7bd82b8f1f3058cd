"""A small memory of old text: windows of steps, sampled evenly from everything seen.

**Fixed size.** Every window that is seen gets a random key, and those with the smallest keys
are kept. So at any time each window that was ever seen is in the memory with the same chance, as in
a reservoir (Vitter 1985).

**A share p of the past.** The smallest keys of all N windows are unavailable: what was dropped is
gone, so where chance asks for more of the old windows than are left, new ones fill the room, and
late tasks get too much. But a memory that grows with the past never needs to drop anything. With a
number u that is drawn once from [0, 1), after N windows there is room for ⌊p N + u⌋, and a task of
n windows brings as many random ones of its own as the room has grown by:

    k = ⌊p (N + n) + u⌋ − ⌊p N + u⌋

u is uniform, so E⌊x + u⌋ = x and E k = p n: each window is kept with chance p, whichever task it is
of and however many follow. As k differs from p n by less than 1, no task has a window more or less
than its share. What is kept gets a new key below p, so that keys stay what they are in a reservoir
(a window has a key below t with chance t, for every t up to p): a share that is lowered later, or
made a fixed size, takes evenly from all tasks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from rnngen import Batch, Boundary, Store, UsageError, seeded

Unit = Literal["%", "tokens", "bytes"]
BYTES = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@dataclass(frozen=True)
class Size:
    """How large a memory may be: a number of tokens or bytes, or a share of what was seen."""

    number: float
    unit: Unit

    @classmethod
    def read(cls, text: str, option: str) -> Size:
        """`5%`, `20000` (tokens) or `64kB`; UsageError naming the option if it is none of them."""
        word = text.strip().lower().replace("_", "")
        unit: Unit = "tokens"
        scale = 1.0
        digits = word.rstrip("abcdefghijklmnopqrstuvwxyz%").strip()
        ending = word[len(digits) :].strip()
        if ending == "%":
            unit, scale = "%", 0.01
        elif ending in BYTES:
            unit, scale = "bytes", BYTES[ending]
        elif ending not in ("", "tokens"):
            digits = ""
        try:
            number = float(digits) * scale
        except ValueError:
            number = -1.0
        if not 0 < number < float("inf") or (unit == "%" and number > 1):
            raise UsageError(
                f"option `{option}` is {text!r}, expected a size above 0",
                hint="tokens (`20000`), bytes (`64kB`), or a share of the past (`5%`)",
            )
        return cls(number, unit)

    def __str__(self) -> str:
        if self.unit == "%":
            return f"{100 * self.number:g} % of the past"
        return f"{self.number:g} {self.unit}"

    def windows(self, seen: int, tokens: int, size: int) -> int:
        """How many windows fit.

        Args:
            seen: windows that were seen so far; of a share, what is due of them, rounded.
            tokens: in a window.
            size: bytes of a window.
        """
        if self.unit == "%":
            return round(self.number * seen)
        return int(self.number // (tokens if self.unit == "tokens" else size))


class Memory:
    """A memory of windows from old tasks.

    Args:
        size: how large it may be.
        window: steps of a window, W; each is kept with the step before it.
    """

    def __init__(self, size: Size, window: int) -> None:
        self.size = size
        self.window = window
        self.seen = 0
        self.boundary: Boundary = 0
        self.steps = torch.zeros(0, window + 1, dtype=torch.uint8)
        """`[n, W+1]` ids, or `[n, W+1, ...]` vectors."""
        self.begins = torch.zeros(0, 2, dtype=torch.int32)
        """`[m, 2]` window and row at which a document begins."""
        self.keys = torch.zeros(0, dtype=torch.float64)
        self.offset: float | None = None
        """u, where the size was ever a share."""
        self._order = np.zeros(0, np.int64)
        self._epoch = -1

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def tokens(self) -> int:
        """How many steps it holds."""
        return self.steps.shape[0] * self.steps.shape[1]

    @property
    def room(self) -> int:
        """How many of its windows its size allows it to keep."""
        if self.size.unit == "%":
            return math.floor(self.size.number * self.seen + (self.offset or 0.0))
        item = self.steps[:1].nbytes if len(self.steps) else 1
        return self.size.windows(self.seen, self.window + 1, max(item, 1))

    def add(self, store: Store, seed: int, number: int) -> None:
        """Adds a learned task, and drops as much of the others.

        Args:
            store: the task's steps.
            seed: of the run.
            number: of the task, so that each draws other keys.
        """
        slots = store.targets // self.window
        keys = torch.from_numpy(seeded(seed, number, 7).random(slots))
        kind = _small(store)
        item = int(np.prod(store.steps.shape[1:], dtype=np.int64)) * kind.itemsize
        if self.size.unit == "%":
            old, new = self._share(keys, seed, number)
            drawn = torch.from_numpy(seeded(seed, number, 10).random(len(new)))
            keys[new] = self.size.number * drawn
        else:
            room = self.size.windows(self.seen, self.window + 1, (self.window + 1) * item)
            kept = _smallest(torch.cat([self.keys, keys]), room)
            old, new = kept[kept < len(self.keys)], kept[kept >= len(self.keys)] - len(self.keys)
        self.seen += slots
        fresh, begins = _cut(store, new.numpy() * self.window, self.window)
        place = torch.full((len(self.keys),), -1, dtype=torch.int64)
        place[old] = torch.arange(len(old))
        moved = self.begins.clone()
        moved[:, 0] = place[self.begins[:, 0].long()].int()
        begins[:, 0] += len(old)
        self.begins = torch.cat([moved[moved[:, 0] >= 0], begins])
        before = self.steps[old] if len(old) else fresh[:0].to(kind)
        wide = torch.promote_types(before.dtype, kind)
        self.steps = torch.cat([before.to(wide), fresh.to(wide)])
        self.keys = torch.cat([self.keys[old], keys[new]])
        self.boundary = store.boundary
        self._epoch = -1

    def _share(self, keys: Tensor, seed: int, number: int) -> tuple[Tensor, Tensor]:
        """Which old windows stay, and which new ones are added: see the top of the file."""
        share = self.size.number
        if self.offset is None:
            # Nothing is as unfair as an empty memory: of a first task there is at least a window.
            drawn = float(seeded(seed, number, 12).random())
            self.offset = max(drawn, 1 - share * len(keys) + 1e-9) if len(keys) else drawn
        before = math.floor(share * self.seen + self.offset)
        after = math.floor(share * (self.seen + len(keys)) + self.offset)
        return _smallest(self.keys, before), _smallest(keys, after - before)

    def draw(self, steps: int, rows: int, seed: int, turn: int) -> Batch:
        """Rows to rehearse: each window comes once before any comes again.

        Args:
            steps: T of the batch; where it exceeds a window, rows are padded.
            rows: how many windows.
            seed: of the order.
            turn: the number of the draw; the draw depends on it and `seed` only.
        """
        first = 0
        if steps < self.window:
            first = int(seeded(seed, turn, 8).integers(self.window - steps + 1))
        return self.read(self.chosen(rows, seed, turn), steps, first)

    def chosen(self, rows: int, seed: int, turn: int) -> Tensor:
        """The numbers of the windows that `draw` takes, `[rows]`."""
        return torch.tensor([self._at(seed, turn * rows + row) for row in range(rows)])

    def read(self, windows: Tensor, steps: int, first: int = 0) -> Batch:
        """Windows as rows of a batch.

        Args:
            windows: `[b]` their numbers.
            steps: T of the batch; where it exceeds a window, rows are padded.
            first: the place in a window at which a shorter one begins.
        """
        rows, length = len(windows), min(steps, self.window)
        picked = self.steps[windows, first : first + length + 1].transpose(0, 1)  # [T+1,b]
        wide = picked.to(torch.float32 if picked.dtype.is_floating_point else torch.int64)
        begins = torch.zeros(length, rows, dtype=torch.bool)
        begin, column = (self.begins[:, :1] == windows).nonzero().unbind(1)
        at = self.begins[begin, 1].long() - first
        inside = (at >= 0) & (at < length)
        begins[at[inside], column[inside]] = True
        begins[0] = True
        weights = None
        inputs, targets = wide[:-1], wide[1:]
        if length < steps:
            boundary = torch.tensor(self.boundary, dtype=inputs.dtype)
            padding = boundary.expand(steps - length, *inputs.shape[1:])
            inputs, targets = torch.cat([inputs, padding]), torch.cat([targets, padding])
            begins = torch.cat([begins, torch.zeros(steps - length, rows, dtype=torch.bool)])
            weights = torch.zeros(steps, rows)
            weights[:length] = 1.0
        return Batch(inputs, targets, weights, begins)

    def _at(self, seed: int, index: int) -> int:
        """The window at a place of the endless shuffled sequence."""
        epoch, place = divmod(index, len(self))
        if epoch != self._epoch:
            self._order = seeded(seed, epoch, 9).permutation(len(self))
            self._epoch = epoch
        return int(self._order[place])

    def within(self, size: int) -> bool:
        """Whether all tokens kept are those of a vocabulary of this size."""
        return not len(self) or (int(self.steps.min()) >= 0 and int(self.steps.max()) < size)

    def state_dict(self) -> dict[str, Any]:
        """The memory as tensors and numbers."""
        return {
            "window": self.window,
            "seen": self.seen,
            "boundary": list(self.boundary) if isinstance(self.boundary, tuple) else self.boundary,
            "steps": self.steps,
            "begins": self.begins,
            "keys": self.keys,
            "offset": self.offset,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any], size: Size) -> Memory:
        """The memory that `state_dict` described."""
        memory = cls(size, int(state["window"]))
        memory.seen, boundary = int(state["seen"]), state["boundary"]
        memory.boundary = tuple(boundary) if isinstance(boundary, list) else int(boundary)
        memory.steps, memory.begins = state["steps"], state["begins"]
        memory.keys = state["keys"]
        # Version 1 rounded the share of the past, which is an offset of a half.
        offset = state.get("offset", 0.5)
        memory.offset = None if offset is None else float(offset)
        if memory.offset is not None and not math.isfinite(memory.offset):
            raise ValueError(f"the offset of the share is {offset}, expected a number")
        return memory


def _smallest(keys: Tensor, count: int) -> Tensor:
    """Indices of the `count` smallest keys, in order of key."""
    return keys.argsort(stable=True)[:count].sort().values


def _cut(store: Store, starts: Any, window: int) -> tuple[Tensor, Tensor]:
    """Windows that begin at `starts`, and where documents begin in them."""
    places = starts[:, None] + np.arange(window + 1)
    steps = torch.from_numpy(np.ascontiguousarray(store.steps[places]).astype(_wide(store)))
    first = np.searchsorted(store.documents, starts)
    last = np.searchsorted(store.documents, starts + window)
    begins = [
        (number, document - starts[number])
        for number in range(len(starts))
        for document in store.documents[first[number] : last[number]]
    ]
    return steps, torch.tensor(begins, dtype=torch.int32).reshape(-1, 2)


def _wide(store: Store) -> Any:
    return np.float32 if store.steps.dtype.kind == "f" else np.int64


def _small(store: Store) -> torch.dtype:
    """The smallest type that holds the store's steps."""
    if store.steps.dtype.kind == "f":
        return torch.float32
    most = np.iinfo(store.steps.dtype).max
    if most <= 255:
        return torch.uint8
    return torch.int16 if int(store.steps.max(initial=0)) < 2**15 else torch.int32
