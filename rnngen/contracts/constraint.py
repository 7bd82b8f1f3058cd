"""The contract between decoders and constraints: machines that never lead into a dead end.

A constraint is bound to a vocabulary once, which gives a machine; what can't be satisfied is an
error then, and never while sampling. A machine is pure: a state is never changed, so that beams,
batches and particles can share it. `needed` says how many steps a valid ending still takes, which
is what keeps a sequence within its length.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


@runtime_checkable
class Constraint(Protocol):
    """What sequences must satisfy, whatever the vocabulary; bound to one, a machine.

    `name` is how the user wrote it, for messages: `regex=[ab]+`.
    """

    name: str

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine over a vocabulary.

        Raises:
            ConstraintError: it can't be satisfied with these steps, or is not supported.
        """


INFINITE = 1 << 30
"""More steps than any sequence has: no valid ending can be reached."""


Rows = Any
"""The states of B sequences: a tensor of state numbers, or a list of hashable states."""


@dataclass(frozen=True)
class Vocabulary:
    """What a machine has to know of the steps it chooses from.

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


class Machine(Protocol):
    """What one or several sequences may go on with. B rows, V steps in the vocabulary."""

    vocabulary: Vocabulary
    exact: bool
    """Whether `needed` is exact; else it is an upper bound."""

    def start(self, batch: int) -> Rows:
        """The state before the first step, for B sequences."""

    def allowed(self, rows: Rows, left: Tensor | None) -> Tensor:
        """`[B,V]` bool: the steps after which a valid ending still fits into what is left.

        Args:
            rows: states of B sequences.
            left: `[B]` int64, steps that may still be written, this one included, the end not
                counted; None for no limit. The end is allowed where a sequence may stop.
        """

    def advance(self, rows: Rows, steps: Tensor) -> Rows:
        """The states after `steps [B]`, all of them allowed; the end leaves a row as it is."""

    def select(self, rows: Rows, index: Tensor) -> Rows:
        """The states of some rows, in another order, or several times."""

    def needed(self, rows: Rows) -> Tensor:
        """`[B]` int64: the fewest steps to a valid ending, the end not counted."""

    def explain(self, rows: Rows, row: int, step: int, left: int | None) -> Reason:
        """Why `step` is forbidden in a row; ValueError where it is allowed."""


class Single(Protocol):
    """A machine for one sequence, of which a `Machine` for many is made."""

    vocabulary: Vocabulary
    exact: bool

    def start(self) -> Any:
        """The state before the first step; states are hashable."""

    def allowed(self, state: Any, left: int | None) -> Sequence[int] | NDArray[Any]:
        """The steps that may follow, the end among them where the sequence may stop."""

    def advance(self, state: Any, step: int) -> Any:
        """The state after a step that is allowed."""

    def needed(self, state: Any) -> int:
        """The fewest steps to a valid ending; INFINITE where there is none."""

    def explain(self, state: Any, step: int, left: int | None) -> Reason:
        """Why `step` is forbidden."""


class Rule(Protocol):
    """What a plugin has to write."""

    def start(self) -> Hashable:
        """The state before the first token."""

    def step(self, state: Any, token: str) -> Hashable | None:
        """The state after a token; None where the token is not allowed."""

    def accept(self, state: Any) -> bool:
        """Whether a sequence may end here."""
