"""Finds out, where possible, which constraints contradict each other; names as few as it can.

A deletion filter (Chinneck and Dravnieks 1991): each constraint in turn is left out, for good where
the others still contradict each other. What is left does, and without any one of them it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rnngen import Machine, Single
from rnngen_constrained.automata.byte_dfa import ByteDFA
from rnngen_constrained.automata.product import product
from rnngen_constrained.automata.token_dfa import TokenDFA, trimmed
from rnngen_constrained.errors import Contradiction, Undecided

Part = TypeVar("Part")


def smallest(
    parts: Sequence[Part],
    error: Contradiction | Undecided,
    together: Callable[[Sequence[Part]], Any],
) -> Contradiction | Undecided:
    """Narrows `error`, raised for all parts, down to as few of them as possible.

    Args:
        parts: in the order in which they are tried.
        error: a contradiction, or that none could be excluded.
        together: raises such an error for some of them.
    """
    kept = list(parts)
    for part in parts:
        rest = [other for other in kept if other is not part]
        if not rest:
            break
        try:
            together(rest)
        except Undecided as smaller:
            if isinstance(error, Contradiction):
                continue  # it may be the part that makes the difference
            kept, error = rest, smaller
        except Contradiction as smaller:
            kept, error = rest, smaller
    return error


def contradict(parts: Sequence[Machine | Single]) -> bool:
    """Whether no text at all satisfies some parts, as far as their automata over bytes show.

    Each is joined with as many others as stay small together, so that a large one does not hide
    what the small ones have to say of it.
    """
    known = [_as_table(dfa) for part in parts for dfa in part.spelt()]
    known.sort(key=len)
    for first in known:
        joined = first
        for other in known:
            if other is first:
                continue
            both = product(joined, other)
            if both is None:
                continue
            if both[0].empty:
                return True
            joined = both[0]
    return False


def _as_table(dfa: ByteDFA) -> TokenDFA:
    return trimmed(dfa.next, dfa.classes, dfa.accepting)[0]
