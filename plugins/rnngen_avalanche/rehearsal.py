"""Rehearsed rows: our replacement for the loader that Avalanche's Replay requests.

Avalanche mixes windows of the new task and of the memory, shuffled. Here the new task is read in
lanes that carry their state on, so of the loader only the memory is taken: as many windows as it
would have mixed in are added to the lanes, and begin with the initial state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rnngen import Batch, beside
from rnngen_avalanche import windows
from rnngen_avalanche.memory import Memory


@dataclass
class Rehearsal:
    """The memories of a loader, and how many windows of each stand in a batch."""

    memories: list[tuple[Memory, int]]

    @classmethod
    def of(cls, loader: Any, seed: int) -> Rehearsal | None:
        """The memories of an Avalanche loader; its first data set is the task's own."""
        found = []
        for number, (dataset, rows) in enumerate(
            zip(loader.datasets[1:], loader.batch_sizes[1:], strict=True)
        ):
            if len(dataset):
                found.append((Memory(*windows.tensors(dataset), seed, number), int(rows)))
        return cls(found) if found else None

    def rows(self, steps: int, turn: int, boundary: int) -> Batch:
        """Draw number `turn`, as rows of a batch of `steps` steps."""
        first, *others = (
            memory.batch(steps, rows, turn, boundary) for memory, rows in self.memories
        )
        return beside(first, others)


def tokens_kept(name: str, plugin: Any) -> int:
    """How many steps of text a plugin keeps."""
    if name == "replay":
        groups = plugin.storage_policy.buffer_groups.values()
        return sum(windows.tensors(group.buffer)[0].numel() for group in groups)
    if name == "agem":
        return sum(windows.tensors(buffer)[0].numel() for buffer in plugin.buffers)
    if name == "gem":
        return sum(x.numel() for x in plugin.memory_x.values())
    return 0
