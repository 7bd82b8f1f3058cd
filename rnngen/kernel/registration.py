"""Checks a plugin's hooks, then lets it register its components."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any

from rnngen.contracts.options import fault_of, suggest
from rnngen.kernel.blame import Refused
from rnngen.kernel.component import PLURALS, RESERVED_NAMES, Component, Plugin

if TYPE_CHECKING:
    import pluggy


def register(
    plugin: Plugin, scratch: list[Component], taken: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    """Checks a plugin's hooks and calls those that register; returns the names of all of them.

    Each is checked in a plugin manager of its own, so a refused plugin leaves nothing behind.
    """
    manager = manager_with_specs()
    if isinstance(plugin.module, type):
        raise Refused(f"{plugin.source} is a class; an entry point names a module or an object")
    hooks = tuple(check_hooks(manager, plugin.module))
    if not hooks:
        raise Refused("it implements no hook; decorate its functions with `rnngen.hookimpl`")
    manager.register(plugin.module, plugin.name)
    for kind, plural in PLURALS.items():
        caller = getattr(manager.hook, f"register_{plural}")
        caller(register=_Registrar(kind, plugin, scratch, taken))
    return hooks


def manager_with_specs() -> pluggy.PluginManager:
    """A fresh plugin manager that knows our hooks but has no plugins."""
    import pluggy

    from rnngen.kernel import hookspecs

    manager = pluggy.PluginManager("rnngen")
    manager.add_hookspecs(hookspecs)
    return manager


def hook_names() -> list[str]:
    """The names of all hooks, in the order of `hookspecs.py`."""
    from rnngen.kernel import hookspecs

    return [name for name, value in vars(hookspecs).items() if hasattr(value, "rnngen_spec")]


def check_hooks(manager: pluggy.PluginManager, module: Any) -> Iterator[str]:
    """The hooks an object implements.

    Raises:
        Refused: a hook we don't have, or an argument that pluggy would silently leave out.
    """
    known = hook_names()
    for attribute in dir(module):
        marks = manager.parse_hookimpl_opts(module, attribute)
        if marks is None:
            continue
        name = marks.get("specname") or attribute
        if name not in known:
            if marks.get("optionalhook"):
                continue
            near = suggest(name, known)
            raise Refused(
                f"there is no hook `{name}`" + (f"; did you mean `{near}`?" if near else "")
            )
        for argument in inspect.signature(getattr(module, attribute)).parameters.values():
            if argument.default is not argument.empty:
                raise Refused(
                    f"argument `{argument.name}` of hook `{name}` has a default value, "
                    "and would never be passed"
                )
        yield name


@dataclass(frozen=True)
class _Registrar:
    """Called by a registration hook; collects components in a list that is dropped on any error."""

    kind: str
    plugin: Plugin
    scratch: list[Component]
    taken: Collection[tuple[str, str]]

    def __call__(
        self,
        name: str,
        target: str | Callable[..., Any],
        *,
        options: str | type | None = None,
        summary: str = "",
    ) -> None:
        what = f"{self.kind} `{name}`"
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise Refused(f"{what} has a bad name, expected lower-case letters, digits and dashes")
        if name in RESERVED_NAMES:
            raise Refused(f"{what} has the name of a section of the configuration")
        if (self.kind, name) in self.taken:
            raise Refused(f"{what} is built in, and can't be replaced")
        if any((known.kind, known.name) == (self.kind, name) for known in self.scratch):
            raise Refused(f"{what} is registered twice")
        if not (_is_address(target) if isinstance(target, str) else callable(target)):
            raise Refused(f"{what} has the target {target!r}, expected a class or `pkg.mod:Class`")
        if isinstance(options, str):
            good = _is_address(options)
        else:
            good = options is None or (isinstance(options, type) and is_dataclass(options))
        if not good:
            raise Refused(f"{what} has the options {options!r}, expected a dataclass")
        wrong = fault_of(options, what) if isinstance(options, type) else None
        if wrong is not None:
            raise Refused(wrong)
        component = Component(self.kind, name, target, options, summary, self.plugin)
        self.scratch.append(component)


def _is_address(text: str) -> bool:
    module, colon, path = text.partition(":")
    parts = [*module.split("."), *path.split(".")]
    return bool(colon) and all(part.isidentifier() for part in parts)
