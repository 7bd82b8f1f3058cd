"""Decoder: turns an engine into sequences; the request and what is emitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rnngen.contracts.engine import Engine


@dataclass
class Request:
    """What a decoder is asked for.

    Args:
        prompts: one list of steps a sequence, the boundary included where a document starts.
            A step is an id, or a tuple of numbers.
        length: how many steps to write at most, per sequence.
        seed: of the random numbers; sequence i of a request uses the stream (seed, first + i).
        first: the number of the first sequence.
        stop: called with (row, step) after each step; True ends that sequence after it.
        ends: steps that end a sequence when drawn (the boundary); not part of the output.
        forbidden: steps that are never drawn.
    """

    prompts: Sequence[Sequence[Any]]
    length: int
    seed: int = 0
    first: int = 0
    stop: Callable[[int, Any], bool] | None = None
    ends: frozenset[Any] = frozenset()
    forbidden: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Emission:
    """One decoded step of one sequence, in the order they are certain.

    Args:
        row: which of the request's prompts.
        step: the step drawn, an id or a tuple of numbers.
        log_probability: natural log of its probability under the model (before any filter).
        rank: for beam search, which of the n best sequences; 0 else.
    """

    row: int
    step: Any
    log_probability: float
    rank: int = 0


class Decoder(Protocol):
    """A way of turning a model into sequences.

    A decoder that can write steps which are vectors has a true `vectors`.

    It may also have `attach(bundle, note)`, which is called before `decode` by whoever has a bundle
    and not only an engine; `explain(engine, request, row, steps)`, which says where it did not
    allow what the model wanted most; and a true `complete`, where what it writes must not be cut.
    """

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all sequences; within one sequence in order."""
