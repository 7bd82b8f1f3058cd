"""The rules of the house: what may import what, and how long a file, a function, a class may be."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnngen"
PLUGINS = ROOT / "plugins"

FLOORS = {
    9: "cli testing",
    8: "verbs",
    7: "training",
    6: "metrics engines",
    5: "bundles",
    4: "model",
    3: "data components",
    2: "kernel files",
    1: "contracts",
}
"""Rooms by floor: an import goes to a lower floor, or stays in its room."""

FILE, FUNCTION, CLASS = 400, 60, 20
"""The most lines of a file, lines of a function, and methods of a class."""

UNFINISHED = ("rnngen_handwriting", "rnngen_music", "rnngen_series")
"""Plugins that still import more of the core than its public names; the goal is none."""

FINISHED = ("rnngen_music.rules",)
"""Parts of those that do not."""

TWICE = {"__init__", "options", "read"}
"""Names that several files of a package may have."""

LIBRARIES = {"click": {"cli"}, "rich": {"cli"}, "pluggy": {"kernel"}}
"""Libraries that only some rooms know."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the core and of the bundled plugins, by its dotted name."""
    found = {}
    for base, files in (
        (ROOT, PACKAGE.rglob("*.py")),
        (PLUGINS, PLUGINS.rglob("*.py")),
    ):
        for path in files:
            parts = path.relative_to(base).with_suffix("").parts
            found[".".join(part for part in parts if part != "__init__")] = path
    return dict(sorted(found.items()))


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(modules()[name].read_text(encoding="utf-8"))


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "rnngen" and len(parts) > 1 else parts[0]


def floor(name: str) -> int:
    (found,) = [number for number, rooms in FLOORS.items() if name in rooms.split()]
    return found


def imported(name: str) -> Iterator[str]:
    """What a module imports, anywhere in it: in functions and for types only, too."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            (argument, *_) = node.args
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


@cache
def arrows() -> dict[str, set[str]]:
    """Module by module, which modules of ours it imports."""
    known = modules()
    return {name: {other for other in imported(name) if other in known} - {name} for name in known}


CORE = [name for name in modules() if name.startswith("rnngen.") and name != "rnngen.__main__"]
PLUGIN_MODULES = [name for name in modules() if name.startswith("rnngen_")]
ROOMS = [f"rnngen.{name}" for names in FLOORS.values() for name in names.split()]
PLUGIN_PACKAGES = sorted({name.partition(".")[0] for name in PLUGIN_MODULES})


def test_the_package_is_two_files_and_the_rooms_of_the_table():
    rooms = {name for names in FLOORS.values() for name in names.split()}
    files = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py"}
    folders = {path.name for path in PACKAGE.iterdir() if any(path.glob("*.py"))}
    assert files == {"__init__.py", "__main__.py"}
    assert folders == rooms


@pytest.mark.parametrize("name", CORE)
def test_an_import_goes_to_a_lower_floor_or_stays_in_its_room(name):
    for other in arrows()[name]:
        assert other.startswith("rnngen"), other
        assert not other.startswith("rnngen_"), f"the core imports the plugin {other}"
        assert other != "rnngen", f"{name} imports the front door"
        inside = room(other) == room(name)
        assert inside or floor(room(other)) < floor(room(name)), f"{name} imports {other}"


def test_no_files_import_each_other_in_a_circle():
    circles: list[list[str]] = []
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(arrows()[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            circle = []
            while not circle or circle[-1] != name:
                circle.append(stack.pop())
            if len(circle) > 1:
                circles.append(sorted(circle))

    # The front door names everything lazily, for type checkers; nothing of the core imports it.
    for name in modules():
        if name not in index and name != "rnngen":
            visit(name)
    assert not circles


def is_in(module: str, parents: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{parent}.") for parent in parents)


def not_public(name: str) -> set[str]:
    """What a module of a plugin imports of us, or of another plugin, that is not public."""
    own, found = name.partition(".")[0], set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if is_ours(alias.name) and alias.name not in ("rnngen", own):
                    found.add(alias.name)
        elif isinstance(node, ast.ImportFrom) and is_ours(str(node.module)):
            module = str(node.module)
            if is_in(module, (own, "rnngen.testing")):
                continue
            exported = importlib.import_module(module).__all__ if "." not in module else ()
            found |= {
                f"{module}.{alias.name}"
                for alias in node.names
                if alias.name not in exported and f"{module}.{alias.name}" != "rnngen.testing"
            }
    return found


def is_ours(module: str) -> bool:
    root = module.partition(".")[0]
    return root == "rnngen" or root in PLUGIN_PACKAGES


@pytest.mark.parametrize("name", PLUGIN_MODULES)
def test_a_plugin_imports_public_names_only(name):
    if is_in(name, FINISHED) or not is_in(name, UNFINISHED):
        assert not not_public(name)


@pytest.mark.parametrize("plugin", UNFINISHED)
def test_a_plugin_that_is_not_finished_still_imports_more(plugin):
    assert any(not_public(name) for name in PLUGIN_MODULES if is_in(name, (plugin,)))


@pytest.mark.parametrize("package", [*ROOMS, *PLUGIN_PACKAGES])
def test_two_files_of_a_room_or_a_plugin_have_different_names(package):
    names = [path.stem for name, path in modules().items() if is_in(name, (package,))]
    assert not {name for name in names if names.count(name) > 1} - TWICE


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_known_in_its_rooms_only(library):
    users = {
        room(name) for name in CORE for other in imported(name) if other.split(".")[0] == library
    }
    assert users <= LIBRARIES[library]


def test_a_room_says_the_same_in_its_package_and_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| \d+ \| `(\w+)/` \| (.+?) \|$", text, flags=re.MULTILINE))
    rooms = [name for names in FLOORS.values() for name in names.split()]
    assert list(said) == rooms
    for name in rooms:
        docstring = ast.get_docstring(tree(f"rnngen.{name}")) or ""
        assert " ".join(docstring.split("\n\n")[0].split()) == said[name]
