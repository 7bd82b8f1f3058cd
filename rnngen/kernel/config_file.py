"""Reads `rnngen.toml` and says where a mistake is."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import describe, unknown_option
from rnngen.files.named import read_text
from rnngen.kernel.core_options import COMMANDS, SECTIONS

FILE_NAME = "rnngen.toml"

DEEPEST = 20
"""Most tables and arrays within each other; options have three."""

LIMIT = 1 << 20
"""Most bytes of a configuration; all options with their comments have some 20,000."""


@dataclass(frozen=True)
class Config:
    """A configuration file as it was read.

    Args:
        label: how messages name it, `rnngen.toml`.
        sections: options by section, unchecked.
        commands: checked tables of `COMMANDS`: `[fit]`, `[generate]`.
    """

    label: str
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    commands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def command(self, name: str) -> Mapping[str, Any]:
        """The table of a command; empty where the file has none."""
        return self.commands.get(name, {})


def find_config(path: Path | None, folder: Path | None = None) -> Config | None:
    """The configuration file: the one that was named, else the one of the working folder.

    Args:
        path: from `--config`.
        folder: where to look for `rnngen.toml`, else `[tool.rnngen]` of `pyproject.toml`; by
            default the working folder.

    Raises:
        UsageError: it can't be read, or is not right.
    """
    if path is not None:
        return read_config(path)
    folder = Path.cwd() if folder is None else folder
    # Whatever has that name was meant: a folder or a broken link is an error, not nothing.
    if os.path.lexists(folder / FILE_NAME):
        return read_config(folder / FILE_NAME)
    project = folder / "pyproject.toml"
    if project.is_file():
        tables = _read_toml(project).get("tool", {})
        if isinstance(tables, dict) and "rnngen" in tables:
            return _config(tables["rnngen"], "pyproject.toml [tool.rnngen]")
    return None


def read_config(path: Path) -> Config:
    """Reads one file; UsageError with the line where it is not TOML."""
    return _config(_read_toml(path), path.name)


def _depth(value: Any) -> int:
    """How many tables and arrays lie in each other."""
    level, depth = [value], 0
    while level := [
        part
        for one in level
        if isinstance(one, dict | list)
        for part in (one.values() if isinstance(one, dict) else one)
    ]:
        depth += 1
    return depth


def _read_toml(path: Path) -> dict[str, Any]:
    text = read_text(path, LIMIT)
    try:
        found = tomllib.loads(text)
        # Comparing and writing values recurse deeper than reading them does.
        if _depth(found) > DEEPEST:
            raise RecursionError
        return found
    except RecursionError:
        raise UsageError(f"`{path}` is nested too deeply to be read") from None
    except ValueError as error:  # a mistake, or a number of thousands of digits
        raise UsageError(f"`{path}` is not TOML: {_lower(str(error))}") from None


def _config(tables: Any, label: str) -> Config:
    if not isinstance(tables, dict):
        raise UsageError(f"{label} is not a table")
    sections: dict[str, Mapping[str, Any]] = {}
    commands: dict[str, Mapping[str, Any]] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(
                f"`{name}` in {label} is outside any section",
                hint="put options below the name of their section, such as `[train]`",
            )
        if name in COMMANDS:
            _check_command(name, table, label)
            commands[name] = table
        else:
            sections[name] = table
    return Config(label, sections, commands)


def _check_command(name: str, table: Mapping[str, Any], label: str) -> None:
    keys = COMMANDS[name]
    for key, value in table.items():
        if key not in keys:
            raise _unknown_key(key, name, label)
        kind = keys[key]
        texts = value if kind is list and isinstance(value, list) else [value]
        if not isinstance(value, kind) or not all(isinstance(text, str) for text in texts):
            expected = "a list of texts" if kind is list else "text"
            raise UsageError(f"`{name}.{key}` in {label} is {value!r}, expected {expected}")


def _unknown_key(key: str, name: str, label: str) -> UsageError:
    """The error for what a command's table does not have; the hint says who has it."""
    error = unknown_option(key, COMMANDS[name], f"section `{name}` ({label})")
    owners = [
        *(f"[{other}]" for other, keys in COMMANDS.items() if key in keys),
        *(
            f"[{section}]"
            for section, options in SECTIONS.items()
            if key.replace("-", "_") in {option.name for option in describe(options)}
        ),
    ]
    if owners:
        error.hint = f"`{key}` belongs to `{'`, `'.join(owners)}`"
    return error


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
