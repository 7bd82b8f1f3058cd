"""Finds plugins by their entry points and loads them one by one, each as a whole or not at all.

Finding reads metadata only. Loading one plugin checks that it fits this version, imports it,
checks its hooks, and calls its registration hooks into a list of its own; whatever goes wrong is
kept in the plugin's record, and the plugins after it are loaded as if nothing had happened.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.version import __version__
from rnngen.kernel.blame import Refused, one_line, remember, traceback_of
from rnngen.kernel.component import Component, Plugin, normalized
from rnngen.kernel.foreign import attempt
from rnngen.kernel.registration import register

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = ["Component", "Plugin", "Policy", "find", "load"]

GROUP = "rnngen"


@dataclass(frozen=True)
class Policy:
    """Which plugins may be loaded.

    Args:
        enabled: False with `--no-plugins`.
        allowed: `RNNGEN_PLUGINS`, names of plugins or distributions; None: all, empty: none.
        disabled: `RNNGEN_DISABLE`, likewise.
        strict: `RNNGEN_STRICT`: a plugin that fails is an error at once.
        files: loose plugin files, `--plugin-path`.
    """

    enabled: bool = True
    allowed: frozenset[str] | None = None
    disabled: frozenset[str] = frozenset()
    strict: bool = False
    files: tuple[Path, ...] = ()

    @classmethod
    def read(
        cls,
        environment: Mapping[str, str] | None = None,
        *,
        enabled: bool = True,
        files: Collection[Path] = (),
    ) -> Policy:
        """The policy of the environment variables, with what the command line says."""
        environment = os.environ if environment is None else environment
        allowed = environment.get("RNNGEN_PLUGINS")
        return cls(
            enabled=enabled,
            allowed=None if allowed is None else frozenset(_words(allowed)),
            disabled=frozenset(_words(environment.get("RNNGEN_DISABLE", ""))),
            strict=environment.get("RNNGEN_STRICT", "") not in {"", "0"},
            files=tuple(files),
        )

    def objection(self, plugin: Plugin) -> str | None:
        """Why this plugin must not be loaded, or None."""
        if not self.enabled:
            return "`--no-plugins` was given"
        if any(plugin.answers_to(name) for name in self.disabled):
            return "it is named in `RNNGEN_DISABLE`"
        if self.allowed is not None and not any(map(plugin.answers_to, self.allowed)):
            return "it is not named in `RNNGEN_PLUGINS`"
        return None


def find(policy: Policy) -> list[Plugin]:
    """Every installed plugin: loose files first, the others by name. Nothing is imported."""
    from rnngen.kernel import distributions

    loose = [_loose(path) for path in policy.files]
    installed = []
    for found in distributions.find(GROUP):
        plugins = [
            Plugin(entry.name, found.name, found.version, entry.value, entry)
            for entry in found.entries
        ]
        if found.damage:
            damaged = Plugin(found.name, found.name, found.version, source="")
            damaged.status, damaged.reason = "failed", f"{found.damage}; install it again"
            plugins.append(damaged)
        for plugin in plugins:
            objection = policy.objection(plugin)
            if objection:
                plugin.status, plugin.reason = "disabled", objection
        installed += plugins
    return loose + sorted(installed, key=lambda plugin: (plugin.name, plugin.distribution))


def load(plugin: Plugin, taken: Collection[tuple[str, str]], *, strict: bool = False) -> bool:
    """Loads one plugin and records in it how that went; returns whether it can be used.

    Args:
        plugin: a record from `find`; nothing happens unless it is `not loaded`.
        taken: (kind, name) of the built-in components, which nobody may replace.
        strict: raise instead of recording a failure.

    Raises:
        PluginError: with `strict`, the failure.
    """
    if plugin.status != "not loaded":
        return plugin.status == "ok"
    scratch: list[Component] = []
    _, error = attempt(lambda: _load(plugin, scratch, taken), own=plugin.is_core)
    if error is not None:
        plugin.status = "failed"
        plugin.reason = one_line(error)
        plugin.traceback = traceback_of(error)
        plugin.module = None
        if strict:
            raise plugin.failure() from error
        return False
    plugin.components = scratch
    plugin.status = "ok"
    remember(plugin)
    return True


def _load(plugin: Plugin, scratch: list[Component], taken: Collection[tuple[str, str]]) -> None:
    if plugin.entry_point is not None and plugin.entry_point.dist is not None:
        _check_requirement(plugin.entry_point.dist)
    plugin.module = _import_plugin(plugin)
    plugin.hooks = register(plugin, scratch, taken)


def _check_requirement(distribution: Distribution) -> None:
    """Compares `Requires-Dist: rnngen...` with our version, before anything is imported."""
    from packaging.requirements import InvalidRequirement, Requirement

    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if normalized(requirement.name) != GROUP:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            raise Refused(f"it needs rnngen {requirement.specifier}, this is {__version__}")


def _import_plugin(plugin: Plugin) -> Any:
    if plugin.entry_point is not None:
        return plugin.entry_point.load()
    if plugin.is_core:
        return importlib.import_module(plugin.source)
    return _import_file(Path(plugin.source))


def _import_file(path: Path) -> Any:
    """Imports a loose file under its own name, so that `"file:Class"` finds it again."""
    name = path.stem
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) == str(path):
        return present
    if present is not None or importlib.util.find_spec(name) is not None:
        raise Refused(f"there is already a module called `{name}`; rename the file")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise Refused("it is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _loose(path: Path) -> Plugin:
    path = path.resolve()
    if not path.is_file():
        raise UsageError(
            f"there is no plugin file `{path}`", hint="`--plugin-path` names one Python file"
        )
    name = path.stem.replace("_", "-").lower()
    return Plugin(name=name, distribution=str(path), version="", source=str(path))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]
