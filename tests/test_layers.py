"""The rules of the house: what may import what, and how long a file, a function, a class may be."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import rnngen

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnngen"
PLUGINS = ROOT / "plugins"

FLOORS = {
    10: "cli testing",
    9: "verbs",
    8: "training",
    7: "metrics engines",
    6: "bundles",
    5: "model",
    4: "data components",
    3: "kernel",
    2: "files",
    1: "contracts",
}
"""Rooms by floor: an import goes to a lower floor, or stays in its room."""

FILE, FUNCTION, CLASS = 400, 60, 20
"""The most lines of a file, lines of a function, and methods of a class."""

CONTRACTS = (
    *(rnngen.Codec, rnngen.Constraint, rnngen.Decoder, rnngen.Domain, rnngen.Engine),
    *(rnngen.Exporter, rnngen.Likelihood, rnngen.Machine, rnngen.Rule, rnngen.Single),
    *(rnngen.Strategy, rnngen.StreamDecoder, rnngen.Tracker),
)

MAY_ASK = ("rnngen.contracts.conform", "rnngen_constrained.machines.strangers")
"""Where what derives from no contract is given what it lacks."""

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


@cache
def abilities() -> frozenset[str]:
    """What all contracts have, by name: nobody needs to ask whether it is there."""
    named: set[str] = set()
    for contract in CONTRACTS:
        for each in contract.__mro__[:-1]:
            named |= {*vars(each), *vars(each).get("__annotations__", {})}
    # Many things have a name that are no components.
    return frozenset(name for name in named - {"name"} if not name.startswith("_"))


def asked(name: str) -> set[str]:
    """The abilities that a module asks for with `hasattr` or `getattr`, by a literal name."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("hasattr", "getattr"):
            wanted = node.args[1]
            if isinstance(wanted, ast.Constant) and wanted.value in abilities():
                found.add(str(wanted.value))
    return found


@pytest.mark.parametrize("name", [*CORE, *PLUGIN_MODULES])
def test_nobody_asks_whether_an_object_has_what_its_contract_gives_to_all(name):
    if name not in MAY_ASK:
        assert not asked(name)


def test_abilities_asked_for_are_found():
    """The test above sees what it is about: `conform` asks, as nobody else has to."""
    assert {"state_dict", "task_gradient"} <= asked("rnngen.contracts.conform")
    assert {"bytes_of", "prime", "attach", "step_shape", "nll", "memory_tokens"} <= abilities()


@pytest.mark.parametrize("name", PLUGIN_MODULES)
def test_a_room_of_a_plugin_imports_those_below_it_only(name):
    root, *inside = name.split(".")
    rooms = re.findall(r"`(\w+)`", docstring_of(root).partition("from the top;")[2])
    for other in arrows()[name] if inside and rooms else ():
        if other.startswith(f"{root}."):
            assert rooms.index(inside[0]) <= rooms.index(other.split(".")[1]), f"{name} -> {other}"


def docstring_of(name: str) -> str:
    return ast.get_docstring(tree(name)) or ""


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
    assert not not_public(name)


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


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md"])
def test_a_room_says_the_same_in_its_package_and_on_the_page(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| \d+ \| `(\w+)/` \| (.+?) \|$", text, flags=re.MULTILINE))
    rooms = [name for names in FLOORS.values() for name in names.split()]
    assert list(said) == rooms
    for name in rooms:
        docstring = docstring_of(f"rnngen.{name}")
        assert " ".join(docstring.split("\n\n")[0].split()) == said[name]


def test_every_place_of_where_to_change_what_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text[text.index("## Where to change what") :].split("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and "`" in row]
    assert len(rows) >= 10
    for row in rows:
        places = re.findall(r"`((?:rnngen|plugins)/[\w./]+)`", row)
        assert places, row
        for place in places:
            assert (ROOT / place).is_file(), place


@pytest.mark.parametrize("name", modules())
def test_a_file_is_read_in_one_sitting(name):
    assert len(modules()[name].read_text(encoding="utf-8").splitlines()) <= FILE
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION, f"{name}.{node.name} has {lines} lines"
        elif isinstance(node, ast.ClassDef):
            methods = sum(isinstance(part, ast.FunctionDef) for part in node.body)
            assert methods <= CLASS, f"{name}.{node.name} has {methods} methods"
