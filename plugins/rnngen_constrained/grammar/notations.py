"""Reads a grammar in any notation, told apart by content or named.

Lark writes `name: ...`, ISO EBNF `name = ... ;`, GBNF and the EBNF of the W3C `name ::= ...`. The
last two are both read: where both readers understand the text and mean different things, the rule
`root` says GBNF and characters by number (`#x41`) say W3C; else the user has to name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.errors import BadSyntax, ConstraintError, EmptyLanguage
from rnngen_constrained.grammar.ebnf import Ebnf
from rnngen_constrained.grammar.gbnf import Gbnf
from rnngen_constrained.grammar.lark_errors import defined
from rnngen_constrained.grammar.lark_text import WHOLE, read_grammar
from rnngen_constrained.grammar.parses import Parser
from rnngen_constrained.grammar.productive import endless
from rnngen_constrained.grammar.rules_text import RulesText
from rnngen_constrained.grammar.scanner import place
from rnngen_constrained.grammar.to_lark import to_lark
from rnngen_constrained.grammar.w3c import W3c

Notation: TypeAlias = Literal["auto", "lark", "gbnf", "ebnf", "w3c"]
READERS: dict[str, type[RulesText]] = {"gbnf": Gbnf, "ebnf": Ebnf, "w3c": W3c}
SPOKEN = {"lark": "Lark", "gbnf": "GBNF", "ebnf": "ISO EBNF", "w3c": "W3C EBNF"}
_W3C = re.compile(r"#x[0-9A-Fa-f]|/\*|'|\s-\s")
"""Signs of W3C EBNF that GBNF has not."""
_LEADING = re.compile(r"(?:\s+|//[^\n]*|#(?!x[0-9A-Fa-f])[^\n]*|/\*.*?\*/)*", re.DOTALL)
_HEADS = {
    "::=": r"(?:\[\d+[a-z]?\][ \t]*)?[A-Za-z_][\w.-]*\s*::=",
    "lark": r"%(?:import|ignore|declare|override|extend)\b"
    r"|[!?]{0,2}[A-Za-z_]\w*(?:\.-?\d+)?(?:\{[\w, \t]*\})?[ \t]*:(?![:=])",
    "ebnf": r"[A-Za-z_][\w \t-]*=(?!=)",
}
_HEAD = re.compile("|".join(f"(?P<n{n}>{head})" for n, head in enumerate(_HEADS.values())))
_LINE = re.compile(rf"^[ \t]*(?:{_HEAD.pattern})", re.MULTILINE)


@dataclass(frozen=True)
class GrammarText:
    """A grammar that was read.

    Attributes:
        rules: what each stands for.
        start: the one for a whole text.
        notation: in which it was written, `GBNF`.
        parser: what checks finished texts.
    """

    rules: Mapping[str, Expression]
    start: str
    notation: str
    parser: Parser


def read(
    text: str,
    name: str,
    notation: Notation = "auto",
    start: str | None = None,
    path: Path | None = None,
) -> GrammarText:
    """A grammar in any notation.

    Args:
        text: the grammar.
        name: what it is called, for messages.
        notation: `auto`: by its content.
        start: the rule for a whole text; by default `start` in Lark, `root` in GBNF, and in EBNF
            `start`, else `root`, else the first.
        path: the file, from whose folder Lark's relative imports are read.

    Raises:
        ConstraintError: it can't be read, or has no texts; with the place and the rule.
        PluginError: Lark is not installed.
    """
    if not text.strip():
        raise BadSyntax(f"{name} is empty, expected a grammar")
    known = _by_content(text, name) if notation == "auto" else notation
    try:
        if known == "lark":
            return _read_lark(text, name, start, path)
        reader = _read_either(text, name, start) if known == "::=" else _reader(known, text, name)
    except BadSyntax as error:
        raise _two_grammars(text, name, known) or error from error
    chosen = _start(reader, start)
    fault = endless(reader.rules, chosen)
    if fault is not None:
        where = place(text, reader.defined.get(fault.rule, 0))
        raise EmptyLanguage(f"{name}, {where}: {fault.why}", hint=fault.hint)
    parser = Parser(to_lark(reader.rules, chosen))
    return GrammarText(reader.rules, chosen, reader.notation, parser)


def _read_lark(text: str, name: str, start: str | None, path: Path | None) -> GrammarText:
    first = start or "start"
    rules = read_grammar(text, name, first, path)
    fault = endless(rules, WHOLE)
    if fault is not None:
        at = defined(text, fault.rule)
        where = "" if at is None else f", {place(text, at)}"
        raise EmptyLanguage(f"{name}{where}: {fault.why}", hint=fault.hint)
    return GrammarText(rules, WHOLE, SPOKEN["lark"], Parser(text, first, path))


def _by_content(text: str, name: str) -> str:
    """`lark`, `ebnf`, or `::=`, as the first rule is written."""
    reader = Ebnf(text, name)
    while reader.match(_LEADING) and text.startswith("(*", reader.at):
        reader.skip()
    at = reader.at
    head = _HEAD.match(text, at)
    if head is not None:
        return _kind(head)
    if text.startswith("<", at) and "::=" in text:
        raise BadSyntax(
            f"{name}, {place(text, at)}: a name in angle brackets",
            hint="this is BNF; in GBNF and EBNF names stand without brackets, and texts in quotes",
        )
    shown = text[at : at + 20].split("\n", 1)[0]
    raise BadSyntax(
        f"{name} is not a grammar: no rule begins at {place(text, at)}: `{shown}`",
        hint="rules are `name: ...` (Lark), `name ::= ...` (GBNF, W3C EBNF) or `name = ... ;` "
        "(ISO EBNF)",
    )


def _kind(head: re.Match[str]) -> str:
    return list(_HEADS)[int((head.lastgroup or "n0")[1:])]


def _reader(notation: str, text: str, name: str) -> RulesText:
    reader = READERS[notation](text, name)
    reader.read()
    return reader


def _read_either(text: str, name: str, start: str | None) -> RulesText:
    """GBNF or W3C EBNF, whichever reads the text."""
    readers: list[RulesText] = []
    failed: list[tuple[int, ConstraintError]] = []
    for kind in (Gbnf, W3c):
        reader = kind(text, name)
        try:
            reader.read()
        except ConstraintError as error:
            failed.append((reader.at, error))
        else:
            readers.append(reader)
    signs = _W3C.search(text) is not None
    if not readers:
        raise failed[-1][1] if signs else max(failed, key=lambda one: one[0])[1]
    rooted = "root" in readers[0].rules or start == "root"
    if len(readers) == 1:
        # Nothing but the mistake may say that it is the other notation.
        other = rooted and not signs if isinstance(readers[0], W3c) else signs and not rooted
        if other:
            raise failed[0][1]
        return readers[0]
    gbnf, w3c = readers
    numbered = re.search(r"#x[0-9A-Fa-f]", text) is not None
    if gbnf.rules == w3c.rules or rooted != numbered:
        return gbnf if rooted else w3c
    raise BadSyntax(
        f"{name} can be read as GBNF and as W3C EBNF, with different meanings",
        hint="name it: `-o notation=gbnf` or `-o notation=w3c`",
    )


def _start(reader: RulesText, start: str | None) -> str:
    if start is not None:
        if start not in reader.rules:
            listed = ", ".join(f"`{one}`" for one in list(reader.rules)[:8])
            raise BadSyntax(
                f"{reader.name}: rule `{start}` is not defined", hint=f"it has {listed}"
            )
        return start
    if isinstance(reader, Gbnf) and "root" not in reader.rules:
        raise BadSyntax(
            f"{reader.name}: rule `root`, where a GBNF begins, is not defined",
            hint=f"name another: `-o start_rule={next(iter(reader.rules))}`",
        )
    names = ("root", "start") if isinstance(reader, Gbnf) else ("start", "root")
    return next((one for one in names if one in reader.rules), next(iter(reader.rules)))


def _two_grammars(text: str, name: str, known: str) -> BadSyntax | None:
    """The error where the text is two grammars of different notations, one after the other."""
    written = "::=" if known in ("gbnf", "w3c") else known
    other = next((head for head in _LINE.finditer(text) if _kind(head) != written), None)
    if other is None or not text[: other.start()].strip():
        return None
    try:
        read(text[: other.start()], name, "auto")
    except ConstraintError:
        return None
    spoken = SPOKEN.get(_kind(other), "`name ::= ...`")
    begins = place(text, other.start(other.lastgroup or 0))
    return BadSyntax(
        f"{name} holds two grammars: {spoken} begins at {begins}",
        hint="keep one of them in the file",
    )
