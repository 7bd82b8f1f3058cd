"""Grammars in Lark's notation: https://lark-parser.readthedocs.io/en/stable/grammar.html.

The notation is read by Lark itself, with its imports and templates. A text is in the language if
the rules derive it in any way. Where terminals are ignored, a lexer has to find the others, so that
those which it would read as one are kept apart by something ignored; see `apart`. Priorities, which
only choose among ways to read a text, change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnngen import PluginError
from rnngen_constrained.automata.expression import Expression, Ref, Repeat, choice, sequence
from rnngen_constrained.automata.pattern import parse_terminal
from rnngen_constrained.errors import BadSyntax, Unsupported
from rnngen_constrained.grammar.apart import Terminals, following, written_apart

if TYPE_CHECKING:
    from lark import Lark
    from lark.lexer import TerminalDef

IGNORED = "(ignored)"
WHOLE = "(text)"
"""The rule for a whole text: `start`, with ignored terminals before it."""


def read_grammar(text: str, name: str, start: str = "start") -> dict[str, Expression]:
    """The rules of a grammar; `WHOLE` is the one to start from.

    Args:
        text: the grammar.
        name: what it is called, for messages.
        start: its first rule.

    Raises:
        BadSyntax: it is not a grammar; with line and column.
        Unsupported: it uses something that has no meaning here.
        PluginError: Lark is not installed.
    """
    grammar = _parse(text, name, start)
    rules: dict[str, Expression] = {}
    for terminal in grammar.terminals:
        where = f"{name}{_line(text, terminal)}: terminal `{terminal.name}`"
        rules[terminal.name] = _terminal(terminal, where)
    expansions: dict[str, list[list[str]]] = {}
    for rule in grammar.rules:
        for symbol in rule.expansion:
            if symbol.is_term and symbol.name not in rules:
                raise Unsupported(
                    f"{name}: terminal `{symbol.name}` is declared but has no pattern",
                    hint=f"write `{symbol.name}: ...` instead of `%declare {symbol.name}`",
                )
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


def _terminal(terminal: TerminalDef, where: str) -> Expression:
    """What a terminal stands for: a text, or a regular expression with its flags."""
    pattern = terminal.pattern
    raw = re.escape(pattern.value) if pattern.type == "str" else pattern.value
    return parse_terminal(raw, where, "".join(pattern.flags))


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


def _parse(text: str, name: str, start: str) -> Lark:
    try:
        from lark import Lark
        from lark.exceptions import LarkError
    except ImportError as error:
        raise PluginError(
            "grammars are read by `lark`, which is not installed",
            hint="pip install 'rnngen[grammar]'",
        ) from error
    if not text.strip():
        raise BadSyntax(f"{name} is empty, expected a grammar with a rule `{start}`")
    try:
        return Lark(text, start=start, parser="earley", lexer="dynamic_complete")
    except LarkError as error:
        raise BadSyntax(f"{name}: {_reason(error)}", hint=_place(error)) from error
    except RecursionError as error:
        raise BadSyntax(f"{name} is nested too deeply") from error
    except Exception as error:
        raise BadSyntax(f"{name} can't be read by Lark: {error}") from error


def _reason(error: Exception) -> str:
    """Lark's message in one line, without a final full stop."""
    message = str(error.args[0] if error.args else error).strip()
    if "zero-width" in message:
        terminal = getattr(error.args[-1], "name", error.args[-1])
        return f"terminal `{terminal}` may be empty; make it optional where it is used instead"
    message = message.splitlines()[0].rstrip(".: ").replace(" in <string>", "")
    message = re.sub(r"token Token\(`?'?_NL.*?\) at", "end of the line at", message)
    message = re.sub(r"token Token\('\w+', ('.*?')\) at", r"\1 at", message)
    message = re.sub(r"(?:NonTerminal|Token)\((?:'\w+', )?'(\w+)'\)|'(\w+)'", r"`\1\2`", message)
    return message[0].lower() + message[1:]


def _place(error: Exception) -> str | None:
    """The line that Lark points at."""
    lines = [line for line in str(error).splitlines()[1:] if line.strip()]
    shown = lines and not lines[0].startswith("Expected")
    return "here: " + lines[0].strip()[:200] if shown else None


def _line(text: str, terminal: TerminalDef) -> str:
    """Where a terminal is defined: `, line 3`; empty for an imported one."""
    raw = str(terminal.pattern.value)
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*{re.escape(terminal.name)}\b[^:]*:", line) or f"/{raw}/" in line:
            return f", line {number}"
    return ""
