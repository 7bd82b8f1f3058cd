"""The contract between decoders and constraints: machines that never lead into a dead end.

A constraint is bound to a vocabulary once, which gives a machine; what can't be satisfied is an
error then, and never while sampling. A machine is pure: a state is never changed, so that beams,
batches and particles can share it. `needed` says how many steps a valid ending still takes, which
is what keeps a sequence within its length.

A plugin writes a `Rule`, or a `Constraint` whose `bind` gives a `Single`, a machine for one
sequence. Only a machine that is faster for many sequences at once is a `Machine`. What has a
default below may be left out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from rnngen.contracts.context import Context


INFINITE = 1 << 30
"""More steps than any sequence has: no valid ending can be reached."""


Rows = Any
"""The states of B sequences: a tensor of state numbers, or a list of hashable states."""


@dataclass(frozen=True)
class Vocabulary:
    """The steps that a machine chooses from.

    Args:
        tokens: the bytes each step stands for; empty for the boundary and for steps without text.
        names: each step as a person would read it, `NOTE_60`, `'th'`.
        end: the id that ends a sequence (the boundary).
    """

    tokens: Sequence[bytes]
    names: Sequence[str]
    end: int

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Reason:
    """Why a step is forbidden.

    Args:
        kind: `rule`: one constraint forbids it by itself; `jointly`: no single one does, but there
            is no way to satisfy all; `length`: a valid ending takes more steps than are left.
        rule: the constraint that forbids it, as the user would write it; all of them for `jointly`.
        text: the reason in a sentence.
        ending: the steps of the shortest valid ending instead.
    """

    kind: Literal["rule", "jointly", "length"]
    rule: str
    text: str
    ending: Sequence[int] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


class Constraint(ABC):
    """What sequences must satisfy, for any vocabulary; bound to one, it is a machine.

    A plugin registers a class, or a function that gives one of these: `target(text, options)`.
    """

    name: str
    """The constraint as the user wrote it, for messages: `regex=[ab]+`."""

    many: ClassVar[bool] = False
    """Whether one constraint takes several texts: the target receives a tuple."""

    proven: bool = False
    """Whether its machine is always right, so that sequences can be shown as they are written."""

    @classmethod
    def learned(cls, context: Context) -> Sequence[Constraint]:
        """Default constraints of this kind, fitted to a model's training data.

        Called only for the kind that `Domain.default_constraint` names; by default, one instance.
        """
        return [cls()]

    @abstractmethod
    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine over a vocabulary.

        Raises:
            ConstraintError: it can't be satisfied with these steps, or is not supported.
        """

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished sequence, or None.

        Checked independently of the machine that steered, if possible; by default, the
        machine checks.

        Args:
            machine: what `bind` gave.
            steps: of the whole sequence, without the end.
        """
        return machine.fault(steps)


class Machine(ABC):
    """The allowed next steps of several sequences. B rows, V steps in the vocabulary."""

    vocabulary: Vocabulary

    exact: bool = False
    """Whether `needed` is exact; else it is an upper bound."""

    ample: int = INFINITE
    """With more steps left than this, what is left plays no part."""

    engine: str = ""
    """How it works, in a few words: `table`; empty: the name of its class says it."""

    limits: str = ""
    """What it draws from, for a hint where it contradicts others: `only the 466 words of ...`."""

    @abstractmethod
    def start(self, batch: int) -> Rows:
        """The state before the first step, for B sequences."""

    @abstractmethod
    def allowed(self, rows: Rows, left: Tensor | None) -> Tensor:
        """`[B,V]` bool: the steps after which a valid ending still fits into what is left.

        Args:
            rows: states of B sequences.
            left: `[B]` int64, steps that may still be written, this one included, the end not
                counted; None for no limit. The end is allowed where a sequence may stop.
        """

    @abstractmethod
    def advance(self, rows: Rows, steps: Tensor) -> Rows:
        """The states after `steps [B]`, all of them allowed; the end leaves a row as it is."""

    @abstractmethod
    def needed(self, rows: Rows) -> Tensor:
        """`[B]` int64: the fewest steps to a valid ending, the end not counted."""

    @abstractmethod
    def explain(self, rows: Rows, row: int, step: int, left: int | None) -> Reason:
        """Why `step` is forbidden in a row; ValueError where it is allowed."""

    def select(self, rows: Rows, index: Tensor) -> Rows:
        """The states of some rows, in another order, or several times."""
        return [rows[place] for place in index.tolist()] if isinstance(rows, list) else rows[index]

    def single(self) -> Single | None:
        """The same for one sequence, which can be joined with others; None if unavailable."""
        return None

    def spelt(self) -> Sequence[Any]:
        """`rnngen_constrained.ByteDFA`s that accept the bytes of all that it accepts, maybe more.

        They show that constraints contradict each other which are too large to be joined.
        """
        return ()

    def fault(self, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished sequence, or None."""
        import torch

        rows = self.start(1)
        for place, step in enumerate(steps):
            if not bool(self.allowed(rows, None)[0, step]):
                return _not_allowed(self.vocabulary, place, step)
            rows = self.advance(rows, torch.tensor([step]))
        may_end = bool(self.allowed(rows, None)[0, self.vocabulary.end])
        return None if may_end else NOT_COMPLETE


class Single(ABC):
    """A machine for one sequence; the decoder makes a `Machine` of it. States are hashable."""

    vocabulary: Vocabulary

    exact: bool = False
    """Whether `needed` is exact; else it is an upper bound."""

    ample: int = INFINITE
    """With more steps left than this, what is left plays no part."""

    complete: bool = False
    """Whether all that is valid can be written by steps that `allowed` offers with no limit.

    Where it can't, nothing follows from finding no ending.
    """

    measured: bool = False
    """Whether `needed_after` tells how many steps are needed, and not only what is allowed."""

    engine: str = ""
    """How it works, in a few words: `table`; empty: the name of its class says it."""

    limits: str = ""
    """What it draws from, for a hint where it contradicts others: `only the 466 words of ...`."""

    @abstractmethod
    def start(self) -> Any:
        """The state before the first step."""

    @abstractmethod
    def allowed(self, state: Any, left: int | None) -> Sequence[int] | NDArray[Any]:
        """The steps that may follow, the end among them where the sequence may stop."""

    @abstractmethod
    def advance(self, state: Any, step: int) -> Any:
        """The state after a step that is allowed."""

    @abstractmethod
    def needed(self, state: Any) -> int:
        """The fewest steps to a valid ending; INFINITE if there is none."""

    @abstractmethod
    def explain(self, state: Any, step: int, left: int | None) -> Reason:
        """Why `step` is forbidden; ValueError where it is allowed."""

    def needed_after(self, state: Any) -> NDArray[np.int32]:
        """`[V]`: what is needed after each step; 0 by default for what is allowed.

        -1 at the end where the sequence may stop, INFINITE for steps that are not allowed.
        """
        import numpy as np

        end = self.vocabulary.end
        needs = np.full(len(self.vocabulary), INFINITE, np.int32)
        needs[np.asarray(self.allowed(state, None), np.int64)] = 0
        if needs[end] == 0:
            needs[end] = -1
        return needs

    def attempt(self, state: Any, step: int) -> Any:
        """The state after a step; None where only this finds out that it has no ending."""
        return self.advance(state, step)

    def relying(self, state: Any, plan: tuple[int, ...]) -> Any:
        """The same state, where it holds an ending, with this one; else as it is."""
        return state

    def ends(self, state: Any, steps: Sequence[int]) -> bool | None:
        """Whether the sequence may end after these steps; None: to be found step by step."""
        return None

    def spelt(self) -> Sequence[Any]:
        """`rnngen_constrained.ByteDFA`s that accept the bytes of all that it accepts, maybe more.

        They show that constraints contradict each other which are too large to be joined.
        """
        return ()

    def fault(self, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished sequence, or None."""
        state = self.start()
        for place, step in enumerate(steps):
            if step not in self.allowed(state, None):
                return _not_allowed(self.vocabulary, place, step)
            state = self.advance(state, step)
        return None if self.vocabulary.end in self.allowed(state, None) else NOT_COMPLETE


class Rule(ABC):
    """What is allowed, one token at a time.

    Of text, a token is one character, whatever the vocabulary of the model; else it is the name of
    a step, `NOTE_60`. A state is anything that can be hashed.
    """

    many: ClassVar[bool] = False
    """Whether one rule takes several texts: the target receives a tuple."""

    @abstractmethod
    def start(self) -> Hashable:
        """The state before the first token."""

    @abstractmethod
    def step(self, state: Any, token: str) -> Hashable | None:
        """The state after a token; None where the token is not allowed."""

    def accept(self, state: Any) -> bool:
        """Whether a sequence may end here."""
        return True


NOT_COMPLETE = "the sequence is not complete"


def _not_allowed(vocabulary: Vocabulary, place: int, step: int) -> str:
    return f"step {place + 1}, {vocabulary.names[step]}, is not allowed"
