"""Exact sampling: from the model's distribution of all sequences that are valid.

Rejection is exact: draw from the model, and try again where the sequence is not valid. Adaptive
rejection (CARS, arXiv 2510.01902) remembers in a trie what was found to be impossible, and never
tries it again; what it accepts is distributed as with plain rejection. As a machine knows of every
beginning all steps that lead nowhere, one visit rules out all of them at once.

A sequence must not depend on others that are drawn beside it. So the trie is first filled by tries
of its own, and then frozen; every sequence adds to it what it finds itself, for itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnngen.draws import LARGEST_SEED, uniforms
from rnngen.protocols import Engine
from rnngen_constrained.machine import Machine

WARM_TRIES = 1000
WARM_FOUND = 64
"""The trie is frozen after so many tries, or so many valid sequences."""
REMEMBERED = 1 << 25
"""Probabilities that are remembered, at most: 256 MiB."""
BLOCK = 256

Floats = NDArray[np.float64]


@dataclass(eq=False)
class Node:
    """A beginning.

    Args:
        weights: `[V]`, the model's probability of every step, 0 where it is not allowed.
        logs: `[V]`, ln of the model's probabilities, before temperature.
        state: of the engine, after the beginning.
        rows: state of the machine.
        left: how many steps may follow.
    """

    weights: Floats
    logs: Floats
    state: Any
    rows: Any
    left: int
    children: dict[int, Node] = field(default_factory=dict)


@dataclass
class Known:
    """What is ruled out: for a node, `[V]` what is left of each step's probability, and their sum.

    A node that is not in it may still be anything; what is not in it is in `below`, if given.
    """

    own: dict[Node, tuple[Floats, float]] = field(default_factory=dict)
    below: Known | None = None

    def get(self, node: Node) -> tuple[Floats, float] | None:
        """What is left at a node, or None where nothing is known."""
        found = self.own.get(node)
        if found is None and self.below is not None:
            found = self.below.own.get(node)
        return found

    def learn(self, node: Node) -> None:
        """A node's forbidden steps are ruled out."""
        if self.get(node) is None:
            self.own[node] = node.weights, float(node.weights.sum())

    def spread(self, path: Sequence[tuple[Node, int]], last: Node) -> None:
        """What is left at `last` counts for the nodes on the way to it."""
        found = self.get(last)
        assert found is not None
        mass = found[1]
        for node, step in reversed(path):
            above = self.get(node)
            assert above is not None
            left, total = above
            now = node.weights[step] * mass
            if now == left[step]:
                return
            if node not in self.own or left is node.weights:
                left = left.copy()
            total = max(0.0, total - left[step] + now)
            left[step] = now
            self.own[node] = left, total
            mass = total


@dataclass(frozen=True)
class Drawn:
    """A valid sequence, ln p of each of its steps under the model, and how many tries it took."""

    steps: Sequence[int]
    logs: Sequence[float]
    tries: int


class Exact:
    """Draws sequences after one prompt, exactly.

    Args:
        engine: of the model.
        machine: of all constraints.
        prompt: what is continued.
        length: how many steps may be written.
        ends: whether the model knows ends of documents; else a sequence goes on while it may.
        temperature: of the model's distribution.
        seed: of the tries that fill the trie.
        effort: tries after which a sequence is given up.
    """

    def __init__(
        self,
        engine: Engine,
        machine: Machine,
        prompt: Sequence[int],
        length: int,
        ends: bool,
        temperature: float,
        seed: int,
        effort: int,
    ) -> None:
        self._engine = engine
        self._machine = machine
        self._end = machine.vocabulary.end
        self._ends = ends
        self._temperature = temperature
        self._effort = effort
        self._room = max(100, REMEMBERED // (2 * len(machine.vocabulary)))
        self._nodes = 0
        with torch.inference_mode():
            output, state = engine.read(torch.tensor(prompt).unsqueeze(1), engine.start(1))
            self._root = self._node(output, state, machine.start(1), length)
            self._frozen = Known()
            self._warm(seed)

    def draw(self, seed: int, sequence: int) -> Drawn | None:
        """One sequence, the same for the same seed and number; None where effort ran out."""
        known = Known(below=self._frozen)
        numbers = _numbers(seed, sequence)
        with torch.inference_mode():
            for tries in range(1, self._effort + 1):
                found = self._try(known, numbers)
                if found is not None:
                    return Drawn(*found, tries)
        return None

    @property
    def log_probability(self) -> float:
        """ln of the estimated probability of the constraint."""
        return self._log_probability

    @property
    def rare(self) -> bool:
        """Whether valid sequences are too rare for this: none was found while filling the trie."""
        return self._found == 0

    def _warm(self, seed: int) -> None:
        numbers = _numbers(seed, LARGEST_SEED)
        self._found, tries, log_weights = 0, 0, []
        while tries < min(WARM_TRIES, self._effort) and self._found < WARM_FOUND:
            before = self._frozen.get(self._root)
            mass = 1.0 if before is None else before[1]
            tries += 1
            accepted = self._try(self._frozen, numbers) is not None
            self._found += accepted
            # Whatever is known, mass times the share of tries that succeed is the probability.
            log_weights.append(mass * accepted)
        mean = sum(log_weights) / len(log_weights)
        self._log_probability = math.log(mean) if mean else -math.inf

    def _try(self, known: Known, numbers: Iterator[float]) -> tuple[list[int], list[float]] | None:
        """One try; what it finds impossible is learnt."""
        node = self._root
        path: list[tuple[Node, int]] = []
        logs: list[float] = []
        while True:
            found = known.get(node)
            uniform = next(numbers)
            if found is None:
                known.learn(node)
                left, total = known.own[node]
                if path:
                    known.spread(path, node)
                if uniform >= total:
                    return None
            else:
                left, total = found
                if total <= 0:
                    return None
                uniform *= total
            cumulative = left.cumsum()
            step = int(cumulative.searchsorted(min(uniform, cumulative[-1] * (1 - 1e-15)), "right"))
            if step == self._end:
                return [part for _, part in path], logs
            path.append((node, step))
            logs.append(float(node.logs[step]))
            if node.left == 1:
                return [part for _, part in path], logs
            node = self._child(node, step)

    def _child(self, node: Node, step: int) -> Node:
        child = node.children.get(step)
        if child is None:
            taken = torch.tensor([step])
            output, state = self._engine.step(taken, node.state)
            rows = self._machine.advance(node.rows, taken)
            child = self._node(output, state, rows, node.left - 1)
            if self._nodes < self._room:
                node.children[step] = child
        return child

    def _node(self, output: torch.Tensor, state: Any, rows: Any, left: int) -> Node:
        self._nodes += 1
        mask = self._machine.allowed(rows, torch.tensor([left]))[0].numpy()
        values = output[0].float().cpu().double().numpy()
        logs = values - values.max()
        logs = logs - math.log(np.exp(logs).sum())
        scaled = logs if self._temperature == 1 else logs / self._temperature
        weights = np.exp(scaled)
        if not self._ends:
            weights[self._end] = 0.0
        weights /= weights.sum()
        if not self._ends and mask[self._end] and mask.sum() == 1:
            weights[:], weights[self._end] = 0.0, 1.0
        return Node(weights * mask, logs, state, rows, left)


def _numbers(seed: int, sequence: int) -> Iterator[float]:
    """The random numbers of a sequence, one after another."""
    start = 0
    while True:
        yield from uniforms(seed, sequence, start, BLOCK).tolist()
        start += BLOCK
