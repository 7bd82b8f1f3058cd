"""JSON Schema's `pattern`: an expression that matches anywhere, or where it is anchored."""

from __future__ import annotations

import re
from functools import lru_cache

from rnngen_constrained.automata.anchors import found_in
from rnngen_constrained.automata.charset import ANY
from rnngen_constrained.automata.expression import Anchor, Chars, Choice, Expression, Repeat, Series
from rnngen_constrained.automata.pattern import parse
from rnngen_constrained.errors import ConstraintError

ANYTHING: Expression = Repeat(Chars(ANY), 0, None)


def search_expression(pattern: str, where: str) -> Expression:
    """The whole texts in which a pattern is found, by the rules of ECMA-262.

    Raises:
        BadSyntax: it is not a regular expression; with the position.
        Unsupported: it uses look-around; with the position.
        Hostile: it takes too many states.
    """
    return found_in(parse(pattern, where, "ecma"), ANYTHING)


@lru_cache(maxsize=256)
def in_python(pattern: str) -> re.Pattern[str]:
    """The same pattern for Python's `re`, with ECMA-262's meaning of each part.

    Raises:
        BadSyntax: it is not a regular expression.
        Unsupported: it uses look-around.
    """
    return re.compile(_spelled(parse(pattern, f"`{pattern}`", "ecma")))


def found(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text; by `re`, unchanged, if only `re` can read it.

    Raises:
        ConstraintError: neither can.
    """
    try:
        expression = in_python(pattern)
    except ConstraintError:
        try:
            return re.search(pattern, text) is not None
        except (re.error, OverflowError, RecursionError):
            pass
        raise
    return expression.search(text) is not None


def _spelled(expression: Expression) -> str:
    match expression:
        case Anchor(place):
            return r"\A" if place == "start" else r"\Z"
        case Chars(chars):
            inside = "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in chars.intervals)
            return f"[{inside}]" if inside else "(?!)"
        case Series(parts):
            return "".join(map(_spelled, parts))
        case Choice(options):
            return f"(?:{'|'.join(map(_spelled, options))})"
        case Repeat(part, least, most):
            return f"(?:{_spelled(part)}){{{least},{'' if most is None else most}}}"
    raise ValueError("not an expression of a pattern")
