"""The contract of a decoder, which draws sequences from an engine: request and emissions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rnngen.contracts.context import Context
from rnngen.contracts.contract import Contract
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import Unsupported


@dataclass
class Request:
    """A request to a decoder.

    Args:
        prompts: one list of steps a sequence, the boundary included where a document starts.
            A step is an id, or a tuple of numbers.
        length: how many steps to write at most, per sequence.
        seed: of the random numbers; sequence i of a request uses the stream (seed, first + i).
        first: the number of the first sequence.
        stop: called with (row, step) after each step; True ends that sequence after it.
        ends: steps that end a sequence when drawn (the boundary); not part of the output.
        forbidden: steps that are never drawn.
        best: how many sequences a decoder that `searches` writes for each prompt, if its options
            say nothing else.
        tell_end: whether a sequence that ends says so in a last emission: the end is a part of its
            probability, and of an empty sequence there is nothing else.
        more: whether another request continues this one; remarks on the whole can wait for it.
    """

    prompts: Sequence[Sequence[Any]]
    length: int
    seed: int = 0
    first: int = 0
    stop: Callable[[int, Any], bool] | None = None
    ends: frozenset[Any] = frozenset()
    forbidden: frozenset[int] = frozenset()
    best: int = 1
    tell_end: bool = False
    more: bool = False


@dataclass(frozen=True)
class Emission:
    """One decoded step of one sequence, emitted once it is final.

    Args:
        row: which of the request's prompts.
        step: the step drawn, an id or a tuple of numbers.
        log_probability: natural log of its probability under the model (before any filter).
        rank: for beam search, which of the n best sequences; 0 else.
        end: whether the sequence ended here, where `Request.tell_end` is set; `step` is then one of
            `Request.ends`, is not part of the output, and `log_probability` is that of all ends
            together.
    """

    row: int
    step: Any
    log_probability: float
    rank: int = 0
    end: bool = False


class Decoder(Contract, ABC):
    """A way of turning a model into sequences."""

    __slots__ = ()

    component_kind: ClassVar[str] = "decoder"

    vectors: bool = False
    """Whether it can write steps that are vectors."""

    complete: bool = False
    """Whether its sequences must not be cut off."""

    explains: bool = False
    """Whether it can `explain`."""

    searches: bool = False
    """Whether it looks for the most probable sequences: several are then the n best ones."""

    repeats: bool = False
    """Whether it writes the same sequence after the same prompt, whatever the seed."""

    def attach(self, context: Context) -> None:
        """Receives the trained model's context before `decode`, if there is one."""
        return

    @abstractmethod
    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all sequences; within one sequence in order."""

    def explain(self, engine: Engine, request: Request, row: int, steps: Sequence[Any]) -> Any:
        """The places in `steps` of a row where it forbade the model's most probable step.

        Raises:
            Unsupported: it forbids nothing, so `explains` is False.
        """
        raise Unsupported(
            self,
            "explaining what it forbids",
            hint="`--explain` goes with `--decoder constrained`",
        )
