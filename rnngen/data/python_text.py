"""Texts made from the running Python: its documentation, and the source of its library.

They are there on every machine without a download, large enough to learn from, and the same for
everyone with the same version of Python.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import DataError

DOCS_LIMIT = 2_000_000
CODE_LIMIT = 2_000_000
"""Most characters of a text made at run time."""

NOT_LIBRARY = {
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idle_test",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "test",
    "tests",
    "turtledemo",
}


def python_docs() -> str:
    """The language reference (`help()` topics) and the public docstrings of the library.

    Titles lose their underlines, grammar and doctests are left out, characters are ASCII: what
    stays is mostly prose. Topics and modules are shuffled by a hash of their names, so that the
    end, where the held-out part is taken, is of the same kind as the rest.
    """
    try:
        topics = dict(importlib.import_module("pydoc_data.topics").topics)
    except ImportError:
        topics = {}
    units = [(f"help: {key}", [_prose(topics[key])]) for key in topics]
    seen: set[str] = set()
    for name, path in _library():
        parts = []
        for title, docstring in _docstrings(name, path):
            text = _prose(docstring)
            if text and text not in seen:
                seen.add(text)
                parts.append(f"{title}\n\n{text}")
        units.append((name, parts))
    parts = [part for _, unit in sorted(units, key=_shuffled) for part in unit]
    if not parts:
        raise _missing()
    return _bounded(parts, DOCS_LIMIT, "\n\n")


def python_code() -> str:
    """Modules of the standard library, tests left out, in alphabetical order.

    Which ones is decided by a hash of their names: an even sample of the library that is the same
    on every machine with the same Python.
    """
    chosen = {}
    room = CODE_LIMIT
    for name, path in sorted(_library(), key=_shuffled):
        text = f"# {name}\n{_readable(path).rstrip()}\n"
        if len(text) <= room:
            chosen[name] = text
            room -= len(text)
    if not chosen:
        raise _missing()
    return "\n\n".join(chosen[name] for name in sorted(chosen))


def _shuffled(named: tuple[str, Any]) -> bytes:
    """A sort key without pattern that is the same everywhere."""
    return hashlib.sha256(named[0].encode()).digest()


def _library() -> list[tuple[str, Path]]:
    """Modules of the standard library, `json.decoder` and its file, in alphabetical order."""
    root = Path(os.__file__).parent
    found = []
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        if not NOT_LIBRARY & set(parts):
            found.append((".".join(part for part in parts if part != "__init__"), path))
    return sorted(found)


def _readable(path: Path) -> str:
    """A source file as text; files in other encodings than UTF-8 are skipped."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _docstrings(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """Title and docstring of a module, its public classes, and their public functions."""
    try:
        tree = ast.parse(_readable(path))
    except (SyntaxError, ValueError):
        return
    waiting: list[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef]] = [(name, tree)]
    while waiting:
        title, node = waiting.pop()
        docstring = ast.get_docstring(node)
        if docstring:
            yield title, docstring
        if not isinstance(node, ast.FunctionDef):
            inner = [part for part in node.body if isinstance(part, ast.ClassDef | ast.FunctionDef)]
            public = [part for part in inner if not part.name.startswith("_")]
            waiting += [(f"{title}.{part.name}", part) for part in reversed(public)]


UNDERLINE = re.compile(r"^[ \t]*(?:([*=\-~^\"#+])\1{2,}(?:[ \t]+|$))+$", re.MULTILINE)
ROLE = re.compile(r":[a-z:]+:`[~!]?([^`]+)`")
DIRECTIVE = re.compile(r"^([ \t]*)\.\. [a-z-]+::[ \t]*", re.MULTILINE)
LITERAL = re.compile(r"``([^`]+)``")
TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "--", "–": "-", "…": "..."}
)


def _prose(text: str) -> str:
    """Text without the marks of reStructuredText, grammar productions and doctests."""
    text = text.translate(TYPOGRAPHY).expandtabs(8)
    text = UNDERLINE.sub("", text)
    text = LITERAL.sub(r"\1", ROLE.sub(r"\1", DIRECTIVE.sub(r"\1", text)))
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    lines = [line.rstrip() for line in text.split("\n")]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return "\n\n".join(p for p in paragraphs if p and "::=" not in p and ">>> " not in p)


def _bounded(parts: Iterable[str], limit: int, separator: str) -> str:
    """Whole parts from the beginning while they fit in `limit` characters."""
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + len(separator)
        if size > limit:
            break
        kept.append(part)
    return separator.join(kept) + "\n"


def _missing() -> DataError:
    return DataError(
        "this Python came without the source of its standard library, so no text can be made",
        hint="use your own files or a bundled corpus; see `rnngen corpus list`",
    )
