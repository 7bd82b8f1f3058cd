"""One machine of all constraints; a contradiction names the one text of many that is in the way."""

from __future__ import annotations

from collections.abc import Sequence

from rnngen import Constraint, Machine, Vocabulary
from rnngen_constrained.errors import Contradiction, Undecided
from rnngen_constrained.kinds.includes import MustInclude
from rnngen_constrained.machines.compose import Named, Part, compose
from rnngen_constrained.machines.strangers import as_machine


def joined(
    constraints: Sequence[Constraint],
    parts: Sequence[Part],
    vocabulary: Vocabulary,
    extra: Sequence[Named] = (),
) -> Machine:
    """The machine of what satisfies all constraints.

    Args:
        constraints: all of them.
        parts: their machines, in the same order.
        vocabulary: to which they are bound.
        extra: further machines, with their names.

    Raises:
        Contradiction: nothing does; names a smallest set that contradicts.
        Undecided: neither a text that does nor a proof that there is none was found.
    """
    named = [(one.name, part) for one, part in zip(constraints, parts, strict=True)]
    try:
        return _machine([*named, *extra])
    except (Contradiction, Undecided):
        single: list[Named] = []
        for one, part in zip(constraints, parts, strict=True):
            texts = one.singly() if isinstance(one, MustInclude) else []
            if len(texts) > 1:
                single += [(text.name, as_machine(text.bind(vocabulary))) for text in texts]
            else:
                single.append((one.name, part))
        if len(single) > len(named):
            _machine([*single, *extra])
        raise


def _machine(named: Sequence[Named]) -> Machine:
    return compose([name for name, _ in named], [part for _, part in named])
