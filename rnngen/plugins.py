"""Plugins: found by their entry points, loaded one by one, all of a plugin or nothing of it.

Finding reads metadata only. Loading one plugin checks that it fits this version, imports it,
checks its hooks, and calls its registration hooks into a list of its own; whatever goes wrong is
kept in the plugin's record, and the plugins after it are loaded as if nothing had happened.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rnngen import __version__
from rnngen.errors import PluginError, RnngenError, UsageError
from rnngen.options import suggest

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    import pluggy

GROUP = "rnngen"

PLURALS = {
    "cell": "cells",
    "domain": "domains",
    "likelihood": "likelihoods",
    "decoder": "decoders",
    "strategy": "strategies",
    "constraint": "constraints",
    "tracker": "trackers",
    "exporter": "exporters",
    "optimizer": "optimizers",
}
"""Every kind of component, and the word for several of them."""

RESERVED_NAMES = frozenset({"model", "train", "fit", "generate", "evaluate"})
"""Sections of a configuration that are not components."""

Status = Literal["ok", "failed", "disabled", "not loaded"]


@dataclass(eq=False)
class Plugin:
    """What is known of one plugin.

    Args:
        name: the entry point's name, or that of a loose file.
        distribution: the package that brings it, or the path of a loose file.
        version: of that package; empty for a loose file.
        source: the module it is, `rnngen_ewc`, or the path of a loose file.
        status: `not loaded` until somebody asks for what it may have.
        reason: why it failed or is disabled, in one line.
        traceback: where it failed, for its author.
        module: the loaded object.
        hooks: names of the hooks it implements.
        components: what it registered.
    """

    name: str
    distribution: str
    version: str
    source: str
    entry_point: EntryPoint | None = None
    status: Status = "not loaded"
    reason: str = ""
    traceback: str = ""
    module: Any = None
    hooks: tuple[str, ...] = ()
    components: list[Component] = field(default_factory=list)

    def __str__(self) -> str:
        return f"`{self.name}` ({self.distribution} {self.version})".replace(" )", ")")

    @property
    def file(self) -> str | None:
        """Where its code is; None unless it is loaded."""
        return getattr(self.module, "__file__", None)

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means this plugin: its own name or its distribution's."""
        return _normalized(name) in {_normalized(self.name), _normalized(self.distribution)}

    def failure(self) -> PluginError:
        """The error of asking for this plugin although it failed or is disabled."""
        if self.status == "disabled":
            return PluginError(
                f"plugin {self} is switched off: {self.reason}",
                hint="take away what switches it off, or do without it",
            )
        return PluginError(
            f"plugin {self} could not be loaded: {self.reason}",
            hint=f"`rnngen plugins {self.name}` shows where it failed",
        )


@dataclass(frozen=True)
class Component:
    """A registered component; its target is imported when it is used.

    Args:
        kind: a key of `PLURALS`.
        name: what the user types.
        target: a callable, or `"package.module:Class"`.
        options: a frozen dataclass, `"package.module:Class"`, or None.
        summary: one line.
        plugin: who registered it.
    """

    kind: str
    name: str
    target: str | Callable[..., Any]
    options: str | type | None
    summary: str
    plugin: Plugin

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"

    def load(self) -> Any:
        """The target itself.

        Raises:
            PluginError: it can't be imported; the cause is in the message and chained.
        """
        target = self._import(self.target)
        if not callable(target):
            raise PluginError(f"{self} of plugin {self.plugin} is not a class: {self.target}")
        return target

    def load_options(self) -> type | None:
        """The dataclass of its options, or None if it has none.

        Raises:
            PluginError: it can't be imported, or is no dataclass.
        """
        if self.options is None:
            return None
        options = self._import(self.options)
        if not (isinstance(options, type) and is_dataclass(options)):
            raise PluginError(
                f"the options of {self}, plugin {self.plugin}, are not a dataclass: {self.options}"
            )
        return options

    def _import(self, target: Any) -> Any:
        if not isinstance(target, str):
            return target
        module, _, path = target.partition(":")
        try:
            value: Any = importlib.import_module(module)
            for attribute in path.split("."):
                value = getattr(value, attribute)
            return value
        except RnngenError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self} of plugin {self.plugin} could not be imported: {_one_line(error)}",
                hint=_import_hint(self, error),
            ) from error


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
    """Every plugin there is, loose files first, the others by name; nothing is imported."""
    from importlib.metadata import entry_points

    found = [_loose(path) for path in policy.files]
    installed = []
    for entry in entry_points(group=GROUP):
        distribution = entry.dist
        plugin = Plugin(
            name=entry.name,
            distribution=distribution.name if distribution else entry.module,
            version=distribution.version if distribution else "",
            source=entry.value,
            entry_point=entry,
        )
        objection = policy.objection(plugin)
        if objection:
            plugin.status, plugin.reason = "disabled", objection
        installed.append(plugin)
    return found + sorted(installed, key=lambda plugin: (plugin.name, plugin.distribution))


def load(plugin: Plugin, taken: Collection[tuple[str, str]], *, strict: bool = False) -> bool:
    """Loads one plugin, and records in it how that went; whether it can be used.

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
    try:
        if plugin.entry_point is not None and plugin.entry_point.dist is not None:
            _check_requirement(plugin.entry_point.dist)
        plugin.module = _import_plugin(plugin)
        plugin.hooks = _register(plugin, scratch, taken)
    except (Exception, SystemExit) as error:
        plugin.status = "failed"
        plugin.reason = _one_line(error)
        plugin.traceback = traceback.format_exc()
        plugin.module = None
        if strict:
            raise plugin.failure() from error
        return False
    plugin.components = scratch
    plugin.status = "ok"
    return True


class Refused(Exception):
    """A plugin that can't be accepted; the message says why."""


def _check_requirement(distribution: Distribution) -> None:
    """Compares `Requires-Dist: rnngen...` with our version, before anything is imported."""
    from packaging.requirements import InvalidRequirement, Requirement

    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if _normalized(requirement.name) != GROUP:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            raise Refused(f"it needs rnngen {requirement.specifier}, this is {__version__}")


def _import_plugin(plugin: Plugin) -> Any:
    if plugin.entry_point is not None:
        return plugin.entry_point.load()
    if plugin.source == "rnngen.builtin":
        return importlib.import_module(plugin.source)
    return _import_file(Path(plugin.source))


def _import_file(path: Path) -> Any:
    """Imports a loose file under its own name, so that `"file:Class"` finds it again."""
    import importlib.util

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


def _register(
    plugin: Plugin, scratch: list[Component], taken: Collection[tuple[str, str]]
) -> tuple[str, ...]:
    """Checks the plugin's hooks, calls its registration hooks; gives the names of its hooks.

    It is checked in a plugin manager of its own, so that a refused one leaves nothing behind.
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
    """A fresh plugin manager that knows our hooks and no plugin."""
    import pluggy

    from rnngen import hookspecs

    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    return manager


def hook_names() -> list[str]:
    """The names of all hooks, in the order of `hookspecs.py`."""
    from rnngen import hookspecs

    return [name for name, value in vars(hookspecs).items() if hasattr(value, "rnngen_spec")]


def check_hooks(manager: pluggy.PluginManager, module: Any) -> Iterator[str]:
    """The hooks an object implements.

    Raises:
        Refused: a hook we don't have, or an argument that pluggy would silently leave out.
    """
    import inspect

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
    """What a registration hook calls; components go to a list that counts only if all is well."""

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
        component = Component(self.kind, name, target, options, summary, self.plugin)
        self.scratch.append(component)


def _is_address(text: str) -> bool:
    module, colon, path = text.partition(":")
    parts = [*module.split("."), *path.split(".")]
    return bool(colon) and all(part.isidentifier() for part in parts)


def _loose(path: Path) -> Plugin:
    path = path.resolve()
    if not path.is_file():
        raise UsageError(
            f"there is no plugin file `{path}`", hint="`--plugin-path` names one Python file"
        )
    name = path.stem.replace("_", "-").lower()
    return Plugin(name=name, distribution=str(path), version="", source=str(path))


def _normalized(name: str) -> str:
    """The name of a distribution or plugin, spelled one way (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, Refused):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _import_hint(component: Component, error: BaseException) -> str:
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    if not missing:
        return "run the command again with `-v` for the traceback"
    extra = _extra(component)
    if extra:
        return f"install what it needs with `pip install '{extra}'`"
    return f"it needs the module `{missing}`; install the package that has it"


def _extra(component: Component) -> str | None:
    """The extra of the plugin's distribution that is called like the component or plugin."""
    from importlib.metadata import PackageNotFoundError, metadata

    name = component.plugin.distribution
    try:
        extras = metadata(name).get_all("Provides-Extra") or []
    except (PackageNotFoundError, ValueError):
        return None
    for wanted in (component.name, component.plugin.name):
        if wanted in extras:
            return f"{name}[{wanted}]"
    return None
