"""Grammars in Lark's notation: https://lark-parser.readthedocs.io/en/stable/grammar.html.

The notation is read by Lark itself, with its imports and templates. A text is in the language if
the rules derive it in any way. Where terminals are ignored, a lexer has to find the others, so that
those which it would read as one are kept apart by something ignored; see `apart`. Priorities, which
only choose among ways to read a text, change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen_constrained.automata.expression import Expression, Ref, Repeat, choice, sequence
from rnngen_constrained.automata.pattern import parse_terminal
from rnngen_constrained.errors import BadSyntax
from rnngen_constrained.grammar.apart import Terminals, following, written_apart
from rnngen_constrained.grammar.lark_errors import where
from rnngen_constrained.grammar.lark_import import lark_of

if TYPE_CHECKING:
    from lark import Lark
    from lark.lexer import TerminalDef

IGNORED = "(ignored)"
WHOLE = "(text)"
"""The rule for a whole text: `start`, with ignored terminals before it."""


def read_grammar(
    text: str, name: str, start: str = "start", path: Path | None = None
) -> dict[str, Expression]:
    """The rules of a grammar; `WHOLE` is the one to start from.

    Args:
        text: the grammar.
        name: what it is called, for messages.
        start: its first rule.
        path: the file, from whose folder relative imports are read.

    Raises:
        BadSyntax: it is not a grammar; with line and column.
        Unsupported: it uses something that has no meaning here.
        PluginError: Lark is not installed.
    """
    grammar = _parse(text, name, start, path)
    rules: dict[str, Expression] = {}
    for terminal in grammar.terminals:
        rules[terminal.name] = _terminal(terminal, name + where(text, terminal))
    expansions: dict[str, list[list[str]]] = {}
    for rule in grammar.rules:
        listed = expansions.setdefault(rule.origin.name, [])
        listed.append([symbol.name for symbol in rule.expansion])
    if not grammar.ignore_tokens:
        rules |= {
            origin: choice(sequence(map(Ref, symbols)) for symbols in listed)
            for origin, listed in expansions.items()
        }
        rules[WHOLE] = Ref(start)
        return rules
    terminals = Terminals(rules, grammar.ignore_tokens, following(expansions))
    if any(terminals.barred.values()):
        apart = written_apart(expansions, terminals, start, WHOLE)
        if apart is not None:
            return apart
    return rules | _spaced(expansions, rules, grammar.ignore_tokens, start)


def _terminal(terminal: TerminalDef, place: str) -> Expression:
    """What a terminal stands for: a text, or a regular expression with its flags."""
    pattern = terminal.pattern
    raw = re.escape(pattern.value) if pattern.type == "str" else pattern.value
    return parse_terminal(raw, place, "".join(pattern.flags))


def _spaced(
    expansions: Mapping[str, Sequence[Sequence[str]]],
    terminals: Mapping[str, Expression],
    ignored: Sequence[str],
    start: str,
) -> dict[str, Expression]:
    """The rules with ignored terminals after every other one, and before the first."""
    rules: dict[str, Expression] = {}
    for origin, listed in expansions.items():
        options = [
            sequence(
                part
                for symbol in symbols
                for part in [Ref(symbol), *([Ref(IGNORED)] * (symbol in terminals))]
            )
            for symbols in listed
        ]
        rules[origin] = choice(options)
    rules[IGNORED] = Repeat(choice(Ref(one) for one in ignored), 0, None)
    rules[WHOLE] = sequence([Ref(IGNORED), Ref(start)])
    return rules


def _parse(text: str, name: str, start: str, path: Path | None) -> Lark:
    if not text.strip():
        raise BadSyntax(f"{name} is empty, expected a grammar with a rule `{start}`")
    return lark_of(text, name, start, "dynamic_complete", path)
