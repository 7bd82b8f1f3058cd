"""What Lark finds wrong with a grammar, said with the line, the column and the rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rnngen_constrained.errors import BadSyntax
from rnngen_constrained.grammar.scanner import place

if TYPE_CHECKING:
    from lark.lexer import TerminalDef

_HEAD = re.compile(r"^[ \t]*[!?]{0,2}(?P<name>[A-Za-z_]\w*)[^\n:\"/]*:", re.MULTILINE)
_PLACE = re.compile(
    r",? at line (?P<line>\d+),? col(?:umn)? (?P<column>\d+)(?: in [^\n]*?)?(?=:|$)"
)
_IN_RULE = re.compile(r" \((?:(?:`\w+`|\w+) )?in (?:rule )?`?(?P<rule>\w+)`?\)")
_RANGE = re.compile(r'"((?:\\.|[^"\\\n])*)"[ \t]*\.\.[ \t]*"((?:\\.|[^"\\\n])*)"')
ANONYMOUS = "__"


def bad_grammar(
    error: Exception, text: str, name: str, last: tuple[str, str] | None = None
) -> BadSyntax:
    """The error for a grammar that Lark can't read.

    Args:
        error: what was raised.
        text: the grammar.
        name: what it is called.
        last: the text and name of the last import: Lark reads each as soon as it has it, so that
            an error with a place is in this one.
    """
    error = getattr(error, "orig_exc", error)
    message, at = _bad_range(text, error) or (_reason(error), None)
    told = _PLACE.search(message)
    if told is not None:
        text, name = last or (text, name)
        at = _offset(text, int(told["line"]), int(told["column"]))
        message = message[: told.start()] + message[told.end() :]
    rule = None
    inside = _IN_RULE.search(message)
    if inside is not None:
        rule = inside["rule"]
        message = message[: inside.start()] + message[inside.end() :]
    if at is None:
        fallback = None if rule is None else defined(text, rule)
        at = next(_mentioned(text, message, rule), fallback)
    return BadSyntax(f"{name}{_at_rule(text, at)}: {message.strip()}", hint=_line_shown(text, at))


def where(text: str, terminal: TerminalDef) -> str:
    """Where a terminal is defined, and what it is called there; only the latter if imported."""
    raw = str(terminal.pattern.value)
    if not terminal.name.startswith(ANONYMOUS):
        at = defined(text, terminal.name)
        shown = "" if at is None else f", {place(text, at)}"
        return f"{shown}: terminal `{terminal.name}`"
    at = text.find(f"/{raw}/")
    return f"{_at_rule(text, at if at >= 0 else None)}: terminal `/{raw:.60}/`"


def defined(text: str, rule: str) -> int | None:
    """Where a rule is defined."""
    heads = (head for head in _HEAD.finditer(text) if head["name"] == rule)
    return next((head.start("name") for head in heads), None)


def _at_rule(text: str, at: int | None) -> str:
    """`, line 3 column 5, rule x`."""
    if at is None:
        return ""
    rule = None
    for head in _HEAD.finditer(text):
        if head.start("name") <= at:
            rule = head["name"]
    return f", {place(text, at)}" + ("" if rule is None else f", rule `{rule}`")


def _reason(error: Exception) -> str:
    """Lark's message in one line, without a final full stop."""
    message = str(error.args[0] if error.args else error).strip() or type(error).__name__
    if type(error) is ValueError:  # the expression, joined of a terminal's parts
        return f"a regular expression is not valid: `{message:.80}`"
    if len(error.args) > 1 and isinstance(error.args[1], SyntaxError):
        return f"`{message}` has an escape that is not valid"
    if "zero-width" in message:
        terminal = getattr(error.args[-1], "name", error.args[-1])
        return f"terminal `{terminal}` may be empty; make it optional where it is used instead"
    message = message.splitlines()[0].rstrip(".: !")
    message = re.sub(r"token Token\(`?'?_NL.*?\) at", "end of the line at", message)
    message = re.sub(r"token Token\('\w+', ('.*?')\) at", r"\1 at", message)
    message = re.sub(
        r"(?:NonTerminal|Terminal|Token)\((?:'\w+', )?'(\w+)'\)|'(\w+)'", r"`\1\2`", message
    )
    message = re.sub(
        r"bad regexp in token `?\w+`?: (.*)", r"`/\1/` is not valid", message, flags=re.I
    )
    message = (
        message.replace("{", "").replace("}", "") if "marked to ignore" in message else message
    )
    return message[0].lower() + message[1:]


def _bad_range(text: str, error: Exception) -> tuple[str, int] | None:
    """What is wrong with the first bad range of characters, and where."""
    if not isinstance(error, AssertionError) and not re.search(r"\[.-.\]", str(error)):
        return None
    for found in _RANGE.finditer(text):
        single = all(len(side) == 1 or side.startswith("\\") for side in found.groups())
        if not single or found[1] > found[2]:
            return (
                f"`{found[0]}` is not a range, expected one character to a later one",
                found.start(),
            )
    return None


def _mentioned(text: str, message: str, rule: str | None) -> Iterator[int]:
    """Places of what a message names, in the rule that it names."""
    start = (defined(text, rule) or 0) if rule is not None else 0
    literal = re.search(r"`(/.*/)` is not valid|(\d+\.\.\d+)|`(.*)` has an escape", message)
    if literal is not None:
        at = text.find(literal[literal.lastindex or 0])
        if at >= 0:
            yield at
    pieces = [one for one in re.finditer(r"/((?:\\.|[^/\\\n])+)/", text) if one[1] in message]
    if "is not valid" in message:
        yield from (one.start() for one in pieces)
    for word in re.findall(r"`(\w+)`|\b(?:rule|in) (\w+)", message):
        name = word[0] or word[1]
        if "recursion in terminal" in message:
            yield from filter(None, [defined(text, name)])
        places = [one.start() for one in re.finditer(rf"\b{name}\b", text)]
        if "defined more than once" in message:
            heads = [head.start("name") for head in _HEAD.finditer(text) if head["name"] == name]
            yield from heads[1:]
        yield from (at for at in places if at >= start)


def too_deep(text: str, name: str) -> BadSyntax:
    """The error for a grammar that is nested too deeply for Lark, with the deepest bracket."""
    depth = deepest = at = 0
    for sign in re.finditer(r"[(\[{]|[)\]}]", text):
        depth += 1 if sign[0] in "([{" else -1
        if depth > deepest:
            deepest, at = depth, sign.start()
    return BadSyntax(f"{name}{_at_rule(text, at)}: nested too deeply, in {deepest} brackets")


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    return min(sum(len(one) + 1 for one in lines[: line - 1]) + column - 1, len(text))


def _line_shown(text: str, at: int | None) -> str | None:
    """The line at a place, for the hint."""
    if at is None or not text[at:].strip():
        return None
    first = text.rfind("\n", 0, at) + 1
    shown = text[first:].split("\n", 1)[0].strip()[:200]
    return f"here: {shown}" if shown else None
