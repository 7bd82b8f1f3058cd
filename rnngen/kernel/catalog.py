"""The catalog: finds the component behind a name that the user types.

    component = get_catalog().find("cell", "gru")
    cell = component.build(input_size, hidden_size)

It loads no more than the question needs: a built-in name is answered without looking at a single
plugin, `--plugin ewc` loads the plugin called `ewc`, and only an unknown name, or a list of all
there is, loads every plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from rnngen.contracts.errors import PluginError, RnngenError, UsageError
from rnngen.contracts.options import describe, suggest
from rnngen.contracts.version import __version__
from rnngen.kernel import discovery
from rnngen.kernel.component import PLURALS, Component, Plugin
from rnngen.kernel.core_options import SECTIONS
from rnngen.kernel.discovery import Policy

__all__ = ["Catalog", "Component", "configure", "find_component", "get_catalog"]


class Catalog:
    """All components: the built-in ones, and those of plugins loaded so far.

    Args:
        policy: which plugins may be loaded; by default what the environment says.
        warn: called with one line for each plugin that fails to load.
    """

    def __init__(
        self, policy: Policy | None = None, *, warn: Callable[[str], None] | None = None
    ) -> None:
        self.policy = Policy.read() if policy is None else policy
        self._warn = _log if warn is None else warn
        self._found: list[Plugin] | None = None
        self.builtin = Plugin("rnngen", "rnngen", __version__, "rnngen.kernel.builtin")
        discovery.load(self.builtin, taken=(), strict=True)
        self._taken = {(component.kind, component.name) for component in self.builtin.components}

    @property
    def plugins(self) -> list[Plugin]:
        """Every installed plugin with its current status; asking does not load any."""
        if self._found is None:
            self._found = discovery.find(self.policy)
        return self._found

    def load_all(self) -> None:
        """Loads every plugin that is not switched off."""
        for plugin in self.plugins:
            self.load_one(plugin)

    def find(self, kind: str, name: str) -> Component:
        """The component of a kind with that name; `plugin:name` says whose.

        Raises:
            UsageError: nobody has it; the hint names the nearest one and all there are.
            PluginError: its plugin failed or is switched off, or two plugins have that name.
        """
        owner, colon, bare = name.rpartition(":")
        if colon:
            return self._find_of(owner, kind, bare)
        if (kind, name) in self._taken:
            return self._only(self._registered(kind, name, [self.builtin]))
        self.load_all()
        registered = self._registered(kind, name, self.plugins)
        if registered:
            return self._only(registered)
        raise self._unknown(kind, name)

    def find_active(self, name: str) -> tuple[list[Component], Plugin | None]:
        """What `--plugin NAME` names: a strategy, or all strategies of a plugin and the plugin.

        Only the plugin of that name is loaded, unless it doesn't have what is asked for.

        Raises:
            PluginError: there is no such strategy or plugin, or its plugin failed.
        """
        owner, colon, bare = name.rpartition(":")
        if colon:
            return [self._find_of(owner, "strategy", bare)], None
        for everything in (False, True):
            for plugin in self.plugins:
                named = plugin.answers_to(name)
                if everything or named or plugin.entry_point is None:
                    # A failure of what was asked for is raised below; no warning before that.
                    self.load_one(plugin, quiet=named)
            registered = self._registered("strategy", name, self.plugins)
            if registered:
                return [self._only(registered)], None
            candidates = [plugin for plugin in self.plugins if plugin.answers_to(name)]
            if candidates:
                plugin = self._whole(name, candidates)
                return [part for part in plugin.components if part.kind == "strategy"], plugin
        raise self._unknown_plugin(name)

    def names(self, kind: str) -> list[str]:
        """The names of all components of a kind; a name that two plugins have is qualified."""
        return [name for name, _ in self.named(kind)]

    def named(self, kind: str) -> list[tuple[str, Component]]:
        """All components of a kind, each with the name that finds it."""
        components = self.components(kind)
        bare = [component.name for component in components]
        return [
            (name if bare.count(name) == 1 else f"{component.plugin.name}:{name}", component)
            for name, component in zip(bare, components, strict=True)
        ]

    def components(self, kind: str) -> list[Component]:
        """All components of a kind, the built-in ones first; loads every plugin."""
        self.load_all()
        return [
            component
            for plugin in (self.builtin, *self.plugins)
            for component in plugin.components
            if component.kind == kind
        ]

    def sections(self) -> set[str]:
        """Every section a configuration may have: those of the core, and of every component."""
        return {*SECTIONS, *(part.name for kind in PLURALS for part in self.components(kind))}

    def option_names(self, section: str) -> set[str] | None:
        """The options of a section, of whatever has it; None where that can't be imported."""
        types = [SECTIONS[section]] if section in SECTIONS else []
        named = [part for kind in PLURALS for part in self.components(kind) if part.name == section]
        try:
            types += [options for part in named if (options := part.load_options()) is not None]
        except RnngenError:
            return None
        return {option.name for options in types for option in describe(options)}

    def option_sections(self, warn: Callable[[str], None]) -> dict[str, type]:
        """The options of the core and of every component that has some, by section.

        A component whose options can't be imported is left out, and `warn` called.
        """
        sections = dict(SECTIONS)
        for kind in PLURALS:
            for component in self.components(kind):
                try:
                    options = component.load_options()
                except RnngenError as error:
                    warn(error.message)
                    continue
                if options is not None:
                    sections.setdefault(component.name, options)
        return sections

    def load_one(self, plugin: Plugin, *, quiet: bool = False) -> None:
        """Loads one plugin; a failure is its status, and a warning unless `quiet`."""
        if plugin.status != "not loaded":
            return
        # A file was named by the user in this very command; that it fails is never only a warning.
        strict = not quiet and (self.policy.strict or plugin.entry_point is None)
        if not discovery.load(plugin, self._taken, strict=strict) and not quiet:
            self._warn(
                f"plugin {plugin} could not be loaded: {plugin.reason} "
                f"(see `rnngen plugins {plugin.name}`)"
            )

    def _registered(self, kind: str, name: str, where: Collection[Plugin]) -> list[Component]:
        return [
            component
            for plugin in where
            for component in plugin.components
            if (component.kind, component.name) == (kind, name)
        ]

    def _only(self, components: list[Component]) -> Component:
        if len(components) == 1:
            return components[0]
        first = components[0]
        raise PluginError(
            f"{first} is registered by {' and '.join(str(part.plugin) for part in components)}",
            hint="say which: "
            + " or ".join(f"`{part.plugin.name}:{part.name}`" for part in components),
        )

    def _whole(self, name: str, named: list[Plugin]) -> Plugin:
        """The one plugin of that name, loaded; an error if there are several or it failed."""
        named = [plugin for plugin in named if plugin.name == name] or named
        if len(named) > 1 and len({plugin.name for plugin in named}) == 1:
            raise PluginError(
                f"plugin `{name}` is in {' and '.join(plugin.distribution for plugin in named)}",
                hint="name the distribution instead",
            )
        if len(named) > 1:
            raise PluginError(
                f"`{name}` brings several plugins",
                hint=f"name one of them: {', '.join(plugin.name for plugin in named)}",
            )
        plugin = named[0]
        self.load_one(plugin)
        if plugin.status != "ok":
            raise plugin.failure()
        return plugin

    def _find_of(self, owner: str, kind: str, name: str) -> Component:
        named = [plugin for plugin in (self.builtin, *self.plugins) if plugin.answers_to(owner)]
        # The bundled plugins are in the distribution `rnngen`, which is also the core's own name.
        if self.builtin in named and (kind, name) in self._taken:
            named = [self.builtin]
        if not named:
            raise self._unknown_plugin(owner)
        for plugin in named:
            self.load_one(plugin, quiet=len(named) == 1)
        registered = self._registered(kind, name, named)
        if registered:
            return self._only(registered)
        if len(named) > 1:
            raise self._unknown(kind, name)
        plugin = self._whole(owner, named)
        has = [part.name for part in plugin.components if part.kind == kind]
        raise UsageError(
            f"plugin {plugin} has no {kind} named `{name}`",
            hint=f"it has: {', '.join(has)}" if has else f"it has no {PLURALS[kind]}",
        )

    def _unknown(self, kind: str, name: str) -> UsageError:
        known = sorted(self.names(kind))
        near = suggest(name, known)
        parts = [f"did you mean `{near}`?"] if near else []
        parts.append(f"available: {', '.join(known) or 'none'} (see `rnngen list {PLURALS[kind]}`)")
        missing = [plugin for plugin in self.plugins if plugin.status in {"failed", "disabled"}]
        if missing:
            parts.append(
                "; ".join(f"plugin `{plugin.name}` is {plugin.status}" for plugin in missing)
            )
        return UsageError(f"no {kind} named `{name}`", hint=" ".join(parts))

    def _unknown_plugin(self, name: str) -> PluginError:
        known = sorted({*self.names("strategy"), *(plugin.name for plugin in self.plugins)})
        near = suggest(name, known)
        available = f"available: {', '.join(known)}" if known else "none is installed"
        return PluginError(
            f"no strategy or plugin named `{name}`",
            hint=(f"did you mean `{near}`? " if near else "")
            + f"{available} (see `rnngen plugins`)",
        )


def get_catalog() -> Catalog:
    """The catalog of this process; it is made at the first call."""
    global _catalog
    if _catalog is None:
        _catalog = Catalog(_policy, warn=_warn)
    return _catalog


def find_component(kind: str, name: str) -> Component:
    """What somebody's plugin registered: `find_component("constraint", "regex")`.

    Raises:
        UsageError: nothing has this name, with the nearest one as its hint.
        PluginError: its plugin failed or is switched off.
    """
    return get_catalog().find(kind, name)


def configure(
    *,
    enabled: bool = True,
    files: Collection[Path] = (),
    warn: Callable[[str], None] | None = None,
) -> None:
    """Says what the catalog of this process may load; the next `get_catalog` makes a new one."""
    global _catalog, _policy, _warn
    _policy = Policy.read(enabled=enabled, files=files)
    _warn = warn
    _catalog = None


def _log(text: str) -> None:
    import logging

    logging.getLogger("rnngen").warning(text)


_catalog: Catalog | None = None
_policy: Policy | None = None
_warn: Callable[[str], None] | None = None
