"""Exact sampling from the model's distribution over all valid sequences.

Rejection is exact: draw from the model, and try again where the sequence is not valid. Adaptive
rejection (CARS, arXiv 2510.01902) remembers in a trie what was found to be impossible, and never
tries it again; what it accepts is distributed as with plain rejection. As a machine knows of every
beginning all steps that lead nowhere, one visit rules out all of them at once; and it looks one
step ahead, at the most probable ways on together, and further where hardly anything is left to
choose, so that what they rule out counts already.

What was learned for one sequence serves the next. So that a sequence does not depend on how many
are drawn, the trie of a prompt is filled in order: sequence 5 is drawn after sequences 0 to 4,
whether those are requested or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch

from rnngen import sharpened, uniforms
from rnngen_constrained.decoder.conditional import Conditional
from rnngen_constrained.decoder.ruled_out import Ahead, Node
from rnngen_constrained.errors import check_open

MEMORY = 1 << 28
"""Approximate bytes a trie may take; beyond that nothing is remembered."""
STATE = 2048
"""Approximate bytes of a model's state."""
AHEAD = 64
MANY = 1024
AHEAD_OF_MANY = 8
"""Continuations that are looked at together; fewer with a large vocabulary."""
FEW_WAYS = 4
"""Up to this many continuations, the search looks further ahead."""
WORTH = 0.02
"""The share of what is left at a node that is worth another step of the model."""
BLOCK = 256


@dataclass(frozen=True)
class Drawn:
    """A valid sequence, ln p of its steps and its end under the model, and the tries it took.

    `end` is None where the sequence was cut off.
    """

    steps: Sequence[int]
    logs: Sequence[float]
    end: float | None
    tries: int


class Exact:
    """Draws sequences after one prompt, exactly.

    Args:
        target: what is drawn from.
        seed: of the random numbers.
        effort: tries after which a sequence, and all after it, are given up.
    """

    def __init__(self, target: Conditional, seed: int, effort: int) -> None:
        self._target = target
        self._end = target.machine.vocabulary.end
        self._effort = effort
        self._seed = seed
        size = len(target.machine.vocabulary)
        self._width = AHEAD if size <= MANY else AHEAD_OF_MANY
        self._room = MEMORY // (self._width * (12 * size + STATE))
        self._last: Drawn | None = None
        self.drawn = 0
        """How many sequences were drawn; only the last one is kept."""
        self._tries, self._total = 0, 0.0
        self.rare = False
        """Whether valid sequences turned out too rare."""
        with torch.inference_mode():
            output, state = target.begin()
            first = self._look(output, state, target.machine.start(1), target.length)
            self._root = Node(first, 0, target.length)

    def draw(self, sequence: int) -> Drawn | None:
        """The sequence with this number, not before the last one; None if `effort` ran out."""
        while self.drawn <= sequence and not self.rare:
            self._last = self._next(self.drawn)
            self.drawn += 1
        return self._last if sequence == self.drawn - 1 else None

    @property
    def log_probability(self) -> float:
        """ln of the estimated probability of the constraint."""
        return math.log(self._total / self._tries) if self._total else -math.inf

    def _next(self, sequence: int) -> Drawn | None:
        numbers = _numbers(self._seed, sequence)
        with torch.inference_mode():
            for tries in range(1, self._effort + 1):
                mass = self._root.mass
                found = self._try(numbers)
                self._tries += 1
                if found is not None:
                    # However much is known: mass times the share of good tries is the probability.
                    self._total += mass
                    return Drawn(*found, tries)
        self.rare = True
        return None

    def _try(self, numbers: Iterator[float]) -> tuple[list[int], list[float], float | None] | None:
        """One try; what it finds impossible is remembered."""
        node, counted = self._root, self._root.mass
        path: list[tuple[Node, int]] = []
        logs: list[float] = []
        while True:
            # The try came here as if `counted` were left; what turns out not to be, rejects it.
            uniform = next(numbers) * counted
            if node.after is None and node.left > 1:
                node = self._seen(node, path)
            if uniform >= node.mass:
                return None
            cumulative = node.remaining.cumsum()
            most = cumulative[-1] * (1 - 1e-15)
            step = int(cumulative.searchsorted(min(uniform, most), "right"))
            if step == self._end:
                return [part for _, part in path], logs, float(node.ahead.logs[node.row, step])
            path.append((node, step))
            logs.append(float(node.ahead.logs[node.row, step]))
            if node.left == 1:
                return [part for _, part in path], logs, None
            node, counted = self._child(node, step, path)

    def _seen(self, node: Node, path: Sequence[tuple[Node, int]]) -> Node:
        """The node, looked at ahead; a copy of it where there is no room to remember."""
        if self._room <= 0:
            node = Node(node.ahead, node.row, node.left)
        likely = np.argsort(-node.weights, kind="stable")[: self._width + 1]
        steps = [int(step) for step in likely if node.weights[step] > 0 and step != self._end]
        steps = steps[: self._width]
        after = self._step(node.ahead, [node.row] * len(steps), steps, node.left - 1)
        node.see(after, {step: row for row, step in enumerate(steps)})
        self._room -= 1
        if self._room > 0:
            self._see_forced(node)
            self._spread(path, node)
        return node

    def _see_forced(self, node: Node) -> None:
        """Looks on where hardly anything is left to choose, at all such ways after a node at once.

        Continues while what it looks at is a good part of what is left at the node.
        """
        level = [(node, step, float(node.weights[step]), row) for step, row in node.places.items()]
        seen: list[tuple[Node, int, Node]] = []
        ahead, left = node.after, node.left - 1
        while ahead is not None and left > 1 and self._room > 0:
            chosen: list[tuple[Node, float, list[int]]] = []
            count, mass = 0, 0.0
            ways = np.count_nonzero(ahead.weights, axis=1).tolist()
            for parent, step, probability, row in level:
                if not 0 < ways[row] <= FEW_WAYS:
                    continue
                steps = ahead.weights[row].nonzero()[0].tolist()
                if self._end in steps:
                    continue
                if count + len(steps) > self._width:
                    break
                child = Node(ahead, row, left)
                parent.children[step] = child
                seen.append((parent, step, child))
                chosen.append((child, probability, steps))
                count += len(steps)
                mass += probability * child.mass
            if mass < WORTH * node.mass:
                break
            rows = [child.row for child, _, steps in chosen for _ in steps]
            taken = [step for _, _, steps in chosen for step in steps]
            further = self._step(ahead, rows, taken, left - 1)
            self._room -= 1
            level, row = [], 0
            for child, probability, steps in chosen:
                child.see(further, {step: row + place for place, step in enumerate(steps)})
                level += [
                    (child, step, probability * float(child.weights[step]), row + place)
                    for place, step in enumerate(steps)
                ]
                row += len(steps)
            level.sort(key=lambda way: -way[2])
            ahead, left = further, left - 1
        # From the last ones back: a node's sum is taken once all that follow it are known.
        for parent, children in groupby(reversed(seen), key=lambda way: way[0]):
            for _, step, child in children:
                parent.remaining[step] = parent.weights[step] * child.mass
            parent.mass = float(parent.remaining.sum())

    def _child(self, node: Node, step: int, path: Sequence[tuple[Node, int]]) -> tuple[Node, float]:
        """The node after a step, and what was counted as left there when the step was drawn."""
        child = node.children.get(step)
        if child is not None:
            return child, child.mass
        assert node.after is not None
        row = node.places.get(step)
        if row is not None:
            child = Node(node.after, row, node.left - 1)
            counted = child.mass
        else:
            alone = self._step(node.ahead, [node.row], [step], node.left - 1)
            child, counted = Node(alone, 0, node.left - 1), 1.0
        if self._room > 0:
            node.children[step] = child
            if row is None:
                self._room -= 1
                self._spread(path, child)
        return child, counted

    def _spread(self, path: Sequence[tuple[Node, int]], last: Node) -> None:
        """What is left at `last` counts for the nodes on the way to it."""
        mass = last.mass
        for node, step in reversed(path):
            node.count(step, mass)
            mass = node.mass

    def _step(self, ahead: Ahead, rows: Sequence[int], steps: Sequence[int], left: int) -> Ahead:
        """The beginnings after a step of each of some rows."""
        # Always the same number of rows, since an engine is slow with a number that is new to it.
        missing = self._width - len(steps)
        taken = torch.tensor([*steps, *[steps[0] if steps else self._end] * missing])
        index = torch.tensor([*rows, *[rows[0] if rows else 0] * missing])
        engine, machine = self._target.engine, self._target.machine
        output, state = engine.step(taken, engine.select(ahead.state, index))
        after = machine.advance(machine.select(ahead.rows, index), taken)
        return self._look(output.float().cpu(), state, after, left)

    def _look(self, output: torch.Tensor, state: Any, rows: Any, left: int) -> Ahead:
        mask = self._target.machine.allowed(rows, torch.full((len(output),), left))
        check_open(mask)
        logs = output.log_softmax(-1)
        scaled = sharpened(output, self._target.temperature, 0.0)
        if not self._target.ends:
            scaled[:, self._end] = -math.inf
        weights = scaled.softmax(-1)
        if not self._target.ends:
            only = (mask.sum(-1) == 1) & mask[:, self._end]
            weights[only, self._end] = 1.0  # an end that is the only way on is certain
        allowed = (weights * mask).double().numpy()
        return Ahead(logs.numpy(), allowed, allowed.sum(1).tolist(), state, rows)


def _numbers(seed: int, sequence: int) -> Iterator[float]:
    """The random numbers of a sequence, in order."""
    start = 0
    while True:
        yield from uniforms(seed, sequence, start, BLOCK).tolist()
        start += BLOCK
