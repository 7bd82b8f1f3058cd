"""Whether what a plugin registered is there, found out without importing it.

`rnngen plugins` asks this of every component, and must import neither torch nor half of the
environment. So modules are looked for and read as text: a package that is not installed, a module
or class that is not there. What else goes wrong at import, only an import can tell (`rnngen plugins
NAME`).
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from rnngen.kernel.blame import one_line
from rnngen.kernel.component import Component

LARGEST = 1_000_000
"""The largest source file to read, in bytes."""


def why_missing(component: Component) -> str:
    """What of a component is not there; empty where nothing is known to be missing."""
    for address in (component.target, component.options):
        if isinstance(address, str):
            reason = _why(address)
            if reason:
                return reason
    return ""


@lru_cache(maxsize=1000)
def _why(address: str) -> str:
    module, _, path = address.partition(":")
    try:
        spec = _find(module)
        if spec is None:
            return f"there is no module `{module}`"
        tree = _source(spec)
    except Exception as error:  # somebody's import hook, a file that is not Python
        return f"`{module}` can't be read: {one_line(error)}"
    if tree is None:
        return ""
    for name in _imported(tree):
        if _missing_package(name):
            return f"`{module}` needs the module `{name}`, which is not installed"
    names = _defined(tree)
    wanted = path.partition(".")[0]
    if names is not None and wanted not in names:
        return f"`{module}` has no `{wanted}`"
    return ""


def _find(module: str) -> ModuleSpec | None:
    """The module's spec; unlike `find_spec`, it does not import the packages around it."""
    top, *inner = module.split(".")
    spec = _top(top)
    name = top
    for part in inner:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        places: Sequence[str] = list(spec.submodule_search_locations)
        spec = getattr(sys.modules.get(name), "__spec__", None) or PathFinder.find_spec(
            name, places
        )
    return spec


def _top(name: str) -> ModuleSpec | None:
    present = sys.modules.get(name)
    if present is not None and present.__spec__ is not None:
        return present.__spec__
    return importlib.util.find_spec(name) if present is None else ModuleSpec(name, None)


@lru_cache(maxsize=1000)
def _missing_package(name: str) -> bool:
    try:
        return name not in sys.modules and importlib.util.find_spec(name) is None
    except Exception:  # it is half there, which an import will tell
        return False


def _source(spec: ModuleSpec) -> ast.Module | None:
    """The module as a tree; None where it has no source, or too much of it."""
    if not spec.has_location or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    file = Path(spec.origin)
    if not file.is_file() or file.stat().st_size > LARGEST:
        return None
    return ast.parse(file.read_bytes())


def _imported(tree: ast.Module) -> Iterator[str]:
    """Packages that it imports whenever it is imported; not those in a `try` or an `if`."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.partition(".")[0]


def _defined(tree: ast.Module) -> set[str] | None:
    """The names that it has; None where that can't be known from its text."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name | ast.alias):
            names.add(node.id if isinstance(node, ast.Name) else node.asname or node.name)
    # It makes its names as it goes: by `globals()`, `__getattr__`, `from x import *`.
    if names & {"*", "__getattr__", "globals", "vars", "setattr", "exec"}:
        return None
    return names
