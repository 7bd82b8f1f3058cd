"""Combines all constraints into one machine, or raises an error that says which contradict."""

from __future__ import annotations

from collections.abc import Sequence

from rnngen import Machine, Single
from rnngen_constrained.automata.product import product_of_all
from rnngen_constrained.errors import BadRule, Contradiction, Undecided
from rnngen_constrained.machines.contradiction import contradict, smallest
from rnngen_constrained.machines.joint import Joint, contradictory, undecided
from rnngen_constrained.machines.rows import PerSequence
from rnngen_constrained.machines.table import TableMachine

Part = Machine | Single
Named = tuple[str, Part]


def compose(names: Sequence[str], parts: Sequence[Part]) -> Machine:
    """The machine of what satisfies all parts, which are bound to the same vocabulary.

    Tables become one table, by product. Where one of the parts has none, or the product would be
    too large, steps are kept only with a plan (`rnngen_constrained.machines.joint`).

    Raises:
        Contradiction: nothing satisfies all of them; names a smallest set that contradicts.
        Undecided: neither a sequence that does nor a proof that there is none was found.
    """
    named = list(zip(names, parts, strict=True))
    try:
        return _together(named)
    except (Contradiction, Undecided) as error:
        raise smallest(named, error, _together) from None


def _together(named: Sequence[Named]) -> Machine:
    """The same, with an error that names all of them."""
    if len(named) == 1:
        return _machine(named[0][1])
    tables = [(name, part) for name, part in named if isinstance(part, TableMachine)]
    others = [
        (name, _single(name, part)) for name, part in named if not isinstance(part, TableMachine)
    ]
    joined = _joined(tables)
    if joined is not None and not others:
        return joined
    singles: list[tuple[str, Single]] = list(others)
    if joined is not None:
        label = " and ".join(name for name, _ in tables)
        singles.insert(0, (label, joined.single()))
    else:
        singles[:0] = [(name, table.single()) for name, table in tables]
    try:
        return PerSequence(Joint([name for name, _ in singles], [part for _, part in singles]))
    except (Contradiction, Undecided) as error:
        names = [name for name, _ in named]
        if isinstance(error, Contradiction) or contradict([part for _, part in named]):
            limits = [part.limits for _, part in named if part.limits]
            raise contradictory(names, limits) from None
        raise undecided(names) from None


def _joined(named: Sequence[tuple[str, TableMachine]]) -> TableMachine | None:
    """The product; None if there is nothing to join, or it would be too large."""
    tables = [table for _, table in named]
    if len(tables) < 2:
        return tables[0] if tables else None
    joined = product_of_all([table.dfa for table in tables])
    if joined is None:
        return None
    made, behind = joined
    names = [name for name, _ in named]
    if made.empty:
        raise contradictory(names)
    return TableMachine(made, tables[0].vocabulary, names, tables, behind)


def _machine(part: Part) -> Machine:
    return part if isinstance(part, Machine) else PerSequence(part)


def _single(name: str, part: Part) -> Single:
    made = part if isinstance(part, Single) else part.single()
    if made is None:
        raise BadRule(
            f"`{name}` can't be combined with other constraints",
            hint="its plugin must give a machine for a single sequence",
        )
    return made
