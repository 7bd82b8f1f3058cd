"""Terms cut at a horizon: what is further away than the longest token does not change a mask.

Counters far from their bounds become alike, so that a mask made for one serves for all.
"""

from __future__ import annotations

from rnngen_constrained.derivatives import kinds
from rnngen_constrained.derivatives.space import Space
from rnngen_constrained.derivatives.term import Term


def cut(space: Space, term: Term, horizon: int) -> Term:
    """A term that begins like `term` for `horizon` bytes, and has as many ways to end there.

    Only simple terms are cut: under intersection and complement, what is far away can make a near
    byte a dead end.
    """
    if not term.simple:
        return term
    if horizon <= 0:
        return term if term is space.empty else space.hidden
    match term:
        case kinds.Sequence():
            heads = []
            node: Term = term
            left = horizon
            while isinstance(node, kinds.Sequence) and left > 0:
                heads.append(cut(space, node.head, left))
                left -= node.head.low
                node = node.tail
            made = cut(space, node, left)
            for head in reversed(heads):
                made = space.sequence(head, made)
            return made
        case kinds.Repeat():
            enough = horizon // max(term.body.low, 1) + 1
            least = min(term.least, enough)
            most = term.most
            if most is not None and most > enough + 1:
                most = enough + 1
            return space.repeat(term.body, least, most)
        case kinds.Choice():
            return space.choice(cut(space, option, horizon) for option in term.options)
    return term
