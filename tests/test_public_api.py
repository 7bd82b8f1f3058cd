"""The public names of `rnngen`: what programs and plugins may rely on."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

import rnngen

ROOT = Path(__file__).parents[1]
SOURCE = Path(rnngen.__file__).read_text(encoding="utf-8")


def place(name: str) -> tuple[str, str]:
    """The module that has a public name, and what it is called there."""
    module, _, attribute = rnngen._PUBLIC[name].partition(":")
    return module, attribute or name


def groups() -> dict[str, list[str]]:
    """The names as the table groups them: by the comments in it."""
    table = SOURCE.partition("_PUBLIC = {\n")[2].partition("\n}")[0]
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line.strip().startswith("# "):
            found[line.strip()[2:]] = []
        else:
            found[list(found)[-1]].append(line.partition('"')[2].partition('"')[0])
    return found


def documented(module: str, name: str) -> str:
    """The docstring of a name: of a constant, the text that follows it."""
    value = getattr(importlib.import_module(module), name)
    if value is not Any and (inspect.isclass(value) or inspect.isfunction(value)):
        assert value.__module__ == module, f"{name} is of {value.__module__}"
        return value.__doc__ or ""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    for node, after in itertools.pairwise(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == name and isinstance(after, ast.Expr):
            return str(ast.literal_eval(after.value))
    return ""


@pytest.mark.parametrize("name", rnngen.__all__)
def test_a_public_name_is_found_and_says_what_it_is(name: str) -> None:
    module, attribute = place(name)
    assert getattr(rnngen, name) is getattr(importlib.import_module(module), attribute)
    assert name in dir(rnngen)
    assert documented(module, attribute).strip(), f"{module}.{attribute} has no docstring"


def test_type_checkers_see_the_public_names_and_no_others() -> None:
    (block,) = [
        node
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imported, renamed = {}, {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            imported.update({alias.asname: (node.module, alias.name) for alias in node.names})
        else:
            assert isinstance(node, ast.Assign)
            renamed[ast.unparse(node.targets[0])] = imported.pop(ast.unparse(node.value))
    assert {**imported, **renamed} == {name: place(name) for name in rnngen._PUBLIC}


def test_the_table_is_sorted_within_its_groups() -> None:
    assert [name for names in groups().values() for name in names] == list(rnngen._PUBLIC)
    assert all(names == sorted(names) for names in groups().values())
    assert rnngen.__all__ == sorted(rnngen._PUBLIC)


def test_the_architecture_lists_the_public_names_by_kind_of_component() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("| for | names |\n")[2].partition("\n\n")[0]
    said = {
        row[0]: re.findall(r"`(\w+)`", row[1])
        for row in re.findall(r"^\| ([\w ]+) \| (.+) \|$", table, flags=re.MULTILINE)
    }
    assert said == groups()
