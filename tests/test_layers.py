"""Imports only go down the floors of ARCHITECTURE.md, and what is quick to start stays light."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnngen"

FLOORS = {
    6: "cli ui terminal __main__ testing",
    5: "fit plan resumed left_behind train undo pace slow_step tasks tracking position "
    "scheduled_sampling generate forecast preview stopping evaluate export compare card continual "
    "chat",
    4: "bundle assembly verify commit tree runs records plots engine cuda_graph model optimizers "
    "foreign_cell packing data scoring objective task_history task_matrix baselines memorization "
    "exporters",
    3: "config catalog plugins discovery registration component lifecycle builtin hookspecs",
    2: "cells domains likelihoods decoders trackers",
    1: "protocols options sections errors sources unpack corpora python_text schema schedule "
    "device draws atomic private reporter interrupts hard_end waiting cores budget time_limit "
    "dropout memory blame foreign",
}
"""Every room of the package; ARCHITECTURE.md names those one has to know."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(module: str) -> str:
    """`rnngen.cells.gru` is in the room `cells`; the package itself is the front door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "rnngen"


def floor(module: str) -> int:
    found = [number for number, rooms in FLOORS.items() if room(module) in rooms.split()]
    assert found, f"{module} is in no floor of {__file__}; add it there and in ARCHITECTURE.md"
    return found[0]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(node: ast.AST, *, at_import: bool) -> Iterator[str]:
    """Modules a file imports; with `at_import` only those it imports when it is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            yield base
            # `from rnngen import catalog` imports a module, `from rnngen.x import Name` does not.
            if base == "rnngen":
                yield from (
                    f"rnngen.{alias.name}"
                    for alias in child.names
                    if (PACKAGE / f"{alias.name}.py").exists() or (PACKAGE / alias.name).is_dir()
                )
        elif is_for_types(child) or (
            at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        else:
            yield from imports(child, at_import=at_import)


def imported(path: Path, *, at_import: bool) -> set[str]:
    return set(imports(ast.parse(path.read_text(encoding="utf-8")), at_import=at_import))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down(path):
    name = name_of(path)
    if name == "rnngen":
        return
    for module in imported(path, at_import=True):
        if module.startswith("rnngen."):
            assert floor(module) <= floor(name), f"{name} imports {module}, which is above it"


@pytest.mark.parametrize("path", sorted((PACKAGE / "cells").glob("*.py")), ids=name_of)
def test_cells_know_torch_and_the_ground_only(path):
    for module in imported(path, at_import=False):
        if module.startswith("rnngen"):
            assert room(module) in {"rnngen", "cells", "options", "errors", "protocols"}, module


def test_rich_is_imported_in_one_file():
    users = {
        name_of(path)
        for path in modules()
        if any(module.split(".")[0] == "rich" for module in imported(path, at_import=False))
    }
    assert users == {"rnngen.ui"}


def test_floors_are_those_of_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) [^|]*\| ([^|]*) \|$", text, flags=re.MULTILINE)
    assert [int(number) for number, _ in rows] == sorted(FLOORS, reverse=True)
    for number, rooms in rows:
        words = [word.removesuffix("/") for word in re.split(r", | · ", rooms)]
        # `plugins/*` and "anyone's plugin" are outside of the package.
        named = {word for word in words if word.isidentifier()}
        assert named, rooms
        assert named <= set(FLOORS[int(number)].split()), rooms
