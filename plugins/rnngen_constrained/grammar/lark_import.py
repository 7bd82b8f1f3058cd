"""Lark's parser of a grammar, whose imports are of Lark's library or of the grammar's folder.

By itself Lark would look for a relative import beside the running program, and follow links.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen import PluginError, RnngenError
from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported
from rnngen_constrained.files import read_text
from rnngen_constrained.grammar.lark_errors import bad_grammar, too_deep
from rnngen_constrained.grammar.scanner import place

if TYPE_CHECKING:
    from lark import Lark

LARGEST_FILE = 1 << 20
MOST_IMPORTS = 50
_DECLARE = re.compile(r"^[ \t]*%declare[ \t]+(?P<names>[^\n]*)", re.MULTILINE)


def lark_of(text: str, name: str, start: str, lexer: str, path: Path | None) -> Lark:
    """Lark's Earley parser of a grammar.

    Args:
        text: the grammar.
        name: what it is called, for messages.
        start: its first rule.
        lexer: Lark's name of how terminals are found.
        path: of the file; None: it has no relative imports.

    Raises:
        PluginError: Lark is not installed.
        Unsupported: a terminal is declared without a pattern.
        BadSyntax: it is not a grammar, with the place; or an import isn't there, or leaves the
            folder.
    """
    try:
        from lark import Lark
    except ImportError as error:
        raise PluginError(
            "grammars are read by `lark`, which is not installed",
            hint="pip install 'rnngen[grammar]'",
        ) from error
    check_declared(text, name)
    imports = Imports(name, path)
    try:
        return Lark(
            text,
            start=start,
            parser="earley",
            lexer=lexer,  # type: ignore[arg-type]
            import_paths=[imports],
            source_path=None if path is None else str(path.absolute()),
        )
    except RnngenError:
        raise
    except RecursionError as error:
        raise too_deep(*(imports.last or (text, name))) from error
    except Exception as error:  # of Lark, of what it calls, and its failed assertions
        raise bad_grammar(error, text, name, imports.last) from error


def check_declared(text: str, name: str) -> None:
    """Raises Unsupported for `%declare`: nothing says what such a terminal looks like."""
    found = _DECLARE.search(text)
    if found is not None:
        first = (found["names"].split() or ["NAME"])[0]
        raise Unsupported(
            f"{name}, {place(text, found.start())}: terminal `{first}` is declared but has no "
            "pattern: `%declare` is not supported",
            hint=f"write `{first}: ...` instead of `%declare {first}`",
        )


class Imports:
    """Finds what `%import` names, for Lark.

    Args:
        name: what the grammar is called, for messages.
        path: its file; None: it is in none, and has no folder.

    Attributes:
        last: the text and the name of the file that was read last, for the places of errors.
    """

    def __init__(self, name: str, path: Path | None) -> None:
        self._folder = None if path is None else path.parent.resolve()
        self._name = name
        self._count = 0
        self.last: tuple[str, str] | None = None

    def __call__(self, base: Any, wanted: str) -> tuple[Any, str]:
        """Where a file is, and its text.

        Args:
            base: None for Lark's library; else where a relative import is relative to.
            wanted: the path of the file.
        """
        from lark.load_grammar import stdlib_loader

        self._count += 1
        if self._count > MOST_IMPORTS:
            raise Hostile(
                f"{self._name} has more than {MOST_IMPORTS} imports",
                hint="do two files import each other?",
            )
        if isinstance(base, str):
            return self._relative(Path(base), wanted)
        try:
            found: tuple[Any, str] = stdlib_loader(base, wanted)
        except OSError:
            dotted = wanted.removesuffix(".lark").replace("/", ".")
            raise BadSyntax(
                f"{self._name}: `%import {dotted}`: Lark's library has no such grammar",
                hint=f"for the file `{wanted}` beside the grammar, write `%import .{dotted}`",
            ) from None
        return found

    def _relative(self, base: Path, wanted: str) -> tuple[str, str]:
        shown = f"{self._name}: the import `{wanted}`"
        if self._folder is None:
            raise BadSyntax(f"{shown} is relative, but the grammar is in no file")
        found = (base / wanted).resolve()
        if not found.is_relative_to(self._folder):
            raise BadSyntax(
                f"{shown} is outside of the folder of the grammar",
                hint="copy the file beside the grammar",
            )
        text = read_text(found, "the imported grammar", LARGEST_FILE)
        check_declared(text, wanted)
        self.last = text, wanted
        # The folder, not the target of a link, is where its own imports start.
        return str(base / wanted), text
