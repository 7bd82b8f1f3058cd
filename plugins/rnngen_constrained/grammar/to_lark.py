"""Rules written in Lark's notation, so that Lark's parser can check texts of other notations."""

from __future__ import annotations

from rnngen_constrained.automata.charset import Charset
from rnngen_constrained.automata.expression import (
    Anchor,
    Chars,
    Choice,
    Expression,
    Graph,
    Look,
    Ref,
    Repeat,
    Rules,
    Series,
    Shortest,
    reachable,
)

NOTHING = r"/[^\s\S]/"
"""A terminal without a text."""


def to_lark(rules: Rules, start: str) -> str:
    """A grammar of the same language, with its rule `start`, and a terminal per character."""
    names = {rule: f"r{number}" for number, rule in enumerate(reachable(rules, start))}
    lines = [f"start: {names[start]}"]
    for rule, name in names.items():
        expression = rules[rule]
        if isinstance(expression, Graph):
            lines += _places(expression, name, names)
        else:
            lines.append(f"{name}: {_written(expression, names)}")
    return "\n".join(lines)


def _places(graph: Graph, name: str, names: dict[str, str]) -> list[str]:
    """A rule for each place of a graph: what can be written from there."""
    ways: list[list[str]] = [[] for _ in range(graph.places)]
    for place, part, to in graph.edges:
        ways[place].append(f"{_written(part, names)} {name}_{to}")
    for place in graph.finals:
        ways[place].append("")
    lines = [f"{name}: {name}_0"]
    for place, listed in enumerate(ways):
        lines.append(f"{name}_{place}: {' | '.join(listed) if listed else NOTHING}")
    return lines


def _written(expression: Expression, names: dict[str, str]) -> str:
    match expression:
        case Chars(chars):
            return _class(chars) if chars else NOTHING
        case Ref(rule):
            return names[rule]
        case Series(parts):
            return f"({' '.join(_written(part, names) for part in parts)})"
        case Choice(options):
            inside = " | ".join(_written(option, names) for option in options)
            return f"({inside})" if options else NOTHING
        case Repeat(part, least, None):
            inside = _written(part, names)
            more = f"({inside})*"
            return f"(({inside})~{least} {more})" if least else more
        case Repeat(part, least, most):
            return f"({_written(part, names)})~{least}..{most}"
        case Graph() | Shortest() | Anchor() | Look():
            raise AssertionError("readers of grammars make none of these inside a rule")


def _class(chars: Charset) -> str:
    parts = (
        _code(low) if low == high else f"{_code(low)}-{_code(high)}"
        for low, high in chars.intervals
    )
    return f"/[{''.join(parts)}]/"


def _code(code: int) -> str:
    """A character in a class; Lark reads escapes by number before the expression does."""
    char = chr(code)
    if char.isalnum():
        return char
    if char.isascii() and char.isprintable() and char != " ":
        return f"\\{char}"
    return f"\\U{code:08x}"
