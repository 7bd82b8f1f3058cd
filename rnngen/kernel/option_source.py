"""Names and choices of a component's options, read from its source: nothing is imported.

Importing a cell imports torch, which takes longer than a shell may wait for completion.
"""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnngen.contracts.options import describe, option_choices
from rnngen.kernel.damaged_option import CHOICES, DAMAGED, HELP

if TYPE_CHECKING:
    from rnngen.kernel.component import Component

DEPTH = 4
"""Most classes and modules that are followed to find a field."""


@dataclass(frozen=True)
class Known:
    """What completion says of an option.

    Args:
        name: as the user writes it.
        choices: its values, where they can be listed.
        help: one line.
    """

    name: str
    choices: tuple[str, ...] = ()
    help: str = ""


def options_of(part: Component) -> list[Known]:
    """The options of a component, with what the core adds to those of a domain."""
    known = known_options(part.options)
    if part.kind == "domain" and all(each.name != DAMAGED for each in known):
        known.append(Known(DAMAGED, CHOICES, HELP))
    return known


def known_options(options: str | type | None) -> list[Known]:
    """The options of a component, as `Component.options` has them; none where they can't be read.

    Args:
        options: a dataclass, `"package.module:Class"`, or None.
    """
    if isinstance(options, type):
        return [Known(each.name, option_choices(each), each.help) for each in describe(options)]
    if not options:
        return []
    module, _, name = options.partition(":")
    return list({known.name: known for known in _of_class(module, name, DEPTH)}.values())


def _of_class(module: str, name: str, depth: int) -> list[Known]:
    tree = _parsed(module) if depth else None
    if tree is None:
        return []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            inherited = [
                known
                for base in node.bases
                if isinstance(base, ast.Name)
                for known in _of_class(module, base.id, depth - 1)
            ]
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            return inherited + [
                _known(each) for each in fields if isinstance(each.target, ast.Name)
            ]
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _of_class(node.module, alias.name, depth - 1)
    return []


def _parsed(module: str) -> ast.Module | None:
    try:
        found = importlib.util.find_spec(module)
        if found is None or not found.origin:
            return None
        with open(found.origin, encoding="utf-8") as file:
            return ast.parse(file.read())
    except (ImportError, OSError, ValueError, SyntaxError, RecursionError):
        return None


def _known(field: ast.AnnAssign) -> Known:
    assert isinstance(field.target, ast.Name)
    return Known(field.target.id.removesuffix("_"), _choices(field.annotation), _help(field.value))


def _choices(annotation: ast.expr) -> tuple[str, ...]:
    """`Literal["a", "b"]` and `bool` as texts."""
    if isinstance(annotation, ast.Name) and annotation.id == "bool":
        return ("true", "false")
    if isinstance(annotation, ast.BinOp):
        return _choices(annotation.left) + _choices(annotation.right)
    if (
        isinstance(annotation, ast.Subscript)
        and isinstance(annotation.value, ast.Name)
        and annotation.value.id == "Literal"
    ):
        nodes = ast.walk(annotation.slice)
        return tuple(str(node.value) for node in nodes if isinstance(node, ast.Constant))
    return ()


def _help(value: ast.expr | None) -> str:
    """The second argument of `option(default, help)`."""
    if isinstance(value, ast.Call) and len(value.args) > 1:
        text = value.args[1]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            return " ".join(text.value.split())
    return ""
