"""All constraints together: one machine, or an error that says which of them contradict."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from rnngen_constrained.errors import BadRule, Contradiction, Hostile
from rnngen_constrained.joint import Joint
from rnngen_constrained.machine import Machine, Single
from rnngen_constrained.product import contradiction, product_of_all
from rnngen_constrained.rows import PerSequence
from rnngen_constrained.table import TableMachine
from rnngen_constrained.table_single import TableSingle

Part = Machine | Single


def compose(names: Sequence[str], parts: Sequence[Part]) -> Machine:
    """The machine of what satisfies all parts, which are bound to the same vocabulary.

    Tables become one table, by product. Where one of the parts has none, or the product would be
    too large, steps are kept only with a plan (`rnngen_constrained.joint`).

    Raises:
        Contradiction: nothing satisfies all of them; names the smallest set that is to blame.
        Hostile: nothing was found.
    """
    if len(parts) == 1:
        return _machine(parts[0])
    tables = [part for part in parts if isinstance(part, TableMachine)]
    table_names = [
        name for name, part in zip(names, parts, strict=True) if isinstance(part, TableMachine)
    ]
    others = [
        (name, _single(name, part))
        for name, part in zip(names, parts, strict=True)
        if not isinstance(part, TableMachine)
    ]
    joined = _joined(table_names, tables)
    if joined is not None and not others:
        return joined
    singles: list[tuple[str, Single]] = list(others)
    if joined is not None:
        singles.insert(0, (" and ".join(table_names), TableSingle(joined)))
    else:
        alone: list[Single] = [TableSingle(table) for table in tables]
        singles[:0] = list(zip(table_names, alone, strict=True))
    try:
        return PerSequence(Joint([name for name, _ in singles], [part for _, part in singles]))
    except Hostile as error:
        raise _blamed(singles, error) from None


def _joined(names: list[str], tables: list[TableMachine]) -> TableMachine | None:
    """The product; None where there is nothing to join, or it would be too large."""
    if not tables:
        return None
    if len(tables) == 1:
        return tables[0]
    joined = product_of_all([table.dfa for table in tables])
    if joined is None:
        return None
    made, behind = joined
    if made.empty:
        chosen = contradiction([table.dfa for table in tables])
        assert chosen is not None
        raise contradictory([names[number] for number in chosen])
    return TableMachine(made, tables[0].vocabulary, names, tables, behind)


def contradictory(names: Sequence[str]) -> Contradiction:
    """The error of constraints that nothing satisfies together."""
    listed = [f"`{name}`" for name in names]
    return Contradiction(
        f"nothing satisfies {', '.join(listed[:-1])} and {listed[-1]} together",
        hint="any other set of these constraints with fewer of them can be satisfied"
        if len(names) > 2
        else "change one of them, or leave it out",
    )


def _blamed(singles: Sequence[tuple[str, Single]], error: Hostile) -> Hostile:
    """The same error for the smallest set of parts for which nothing is found."""
    for count in range(2, len(singles)):
        for chosen in combinations(singles, count):
            try:
                Joint([name for name, _ in chosen], [part for _, part in chosen])
            except Hostile as smaller:
                return smaller
    return error


def _machine(part: Any) -> Machine:
    if isinstance(part, TableMachine) or hasattr(part, "select"):
        made: Machine = part
        return made
    return PerSequence(part)


def _single(name: str, part: Any) -> Single:
    if isinstance(part, PerSequence):
        return part.single
    if hasattr(part, "select"):
        raise BadRule(
            f"`{name}` can't be joined with other constraints",
            hint="its plugin has to give a machine for a single sequence",
        )
    made: Single = part
    return made
