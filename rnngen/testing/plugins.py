"""The contract of a plugin: it loads, imports nothing heavy, and its components can be used."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass
from pathlib import Path

from rnngen.contracts.conform import LACKED
from rnngen.contracts.options import coerce, describe
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.component import Component, Plugin
from rnngen.kernel.config_file import read_config
from rnngen.kernel.discovery import Policy
from rnngen.kernel.settings import resolve, to_toml
from rnngen.kernel.strategies import Lifecycle, build_strategy
from rnngen.testing.saying import all_of, require

HEAVY = ("torch", "numpy", "pandas", "scipy", "matplotlib", "pydantic", "tensorflow", "jax")


@dataclass(frozen=True)
class Check:
    """One promise of a plugin; calling it raises AssertionError if the promise is broken."""

    name: str
    plugin: str
    promise: Callable[[Plugin], None]

    def __call__(self) -> None:
        """Reloads the plugin and runs the check."""
        plugin = _load(self.plugin)
        if self.promise is not CHECKS["loads"]:  # which says more
            require(plugin.status == "ok", f"plugin {plugin} is {plugin.status}: {plugin.reason}")
        self.promise(plugin)

    def __str__(self) -> str:
        return self.name


def plugin_checks(plugin: str, exclude: Mapping[str, str] | None = None) -> list[Check]:
    """The checks of a plugin, one test each.

    Args:
        plugin: the name of an entry point or distribution that is installed.
        exclude: names of checks to leave out, and why.

    Raises:
        ValueError: an excluded check does not exist, or has no reason.
    """
    exclude = exclude or {}
    for name, reason in exclude.items():
        if name not in CHECKS:
            raise ValueError(f"no check named `{name}`; choose from {', '.join(CHECKS)}")
        if not reason.strip():
            raise ValueError(f"check `{name}` is excluded without a reason")
    return [Check(name, plugin, promise) for name, promise in CHECKS.items() if name not in exclude]


def loads(plugin: Plugin) -> None:
    """It is installed, fits this version, and registers without an error."""
    require(plugin.status == "ok", f"plugin {plugin}: {plugin.reason}\n{plugin.traceback}")
    require(plugin.hooks, f"plugin {plugin} implements no hook")


def imports_nothing_heavy(plugin: Plugin) -> None:
    """Importing its root module imports no torch: `rnngen list` would take seconds."""
    module = plugin.source.partition(":")[0]
    program = (
        f"import sys, json; sys.path[:] = {sys.path!r}; import {module}; "
        f"print(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    require(done.returncode == 0, done.stderr)
    heavy = json.loads(done.stdout.splitlines()[-1])
    require(
        not heavy,
        f"`import {module}` imports {', '.join(heavy)}; give targets as text, "
        "`pkg.module:Class`, and they are imported when they are used",
    )


def says_which_versions_it_fits(plugin: Plugin) -> None:
    """Its metadata requires rnngen, so that an unsuitable version is reported before importing."""
    entry = plugin.entry_point
    if entry is None or entry.dist is None or entry.dist.name == "rnngen":
        return
    requirements = entry.dist.requires or []
    require(
        any(text.lower().startswith("rnngen") for text in requirements),
        f"distribution {plugin.distribution} does not require rnngen; "
        'add `dependencies = ["rnngen>=..."]`',
    )


def components_have_summaries(plugin: Plugin) -> None:
    """Every component has a one-line summary for `rnngen list`."""
    for component in plugin.components:
        good = component.summary and "\n" not in component.summary and len(component.summary) <= 80
        require(good, f"{component} has the summary {component.summary!r}, expected one short line")


def targets_can_be_imported(plugin: Plugin) -> None:
    """Every target and every options class is where the plugin says it is."""
    for component in plugin.components:
        component.load()
        component.load_options()


def components_have_what_their_contract_asks(plugin: Plugin) -> None:
    """Every class has the methods that its contract requires of everyone."""
    for component in plugin.components:
        target = component.load()
        lacks = sorted(getattr(target, LACKED, ()) or getattr(target, "__abstractmethods__", ()))
        require(
            not lacks,
            f"{component} lacks {', '.join(f'`{name}`' for name in lacks)}: see the contract, "
            f"`rnngen.{component.kind.capitalize()}`",
        )


def options_are_documented(plugin: Plugin) -> None:
    """Options are frozen, and each has a help text and a default within its own bounds."""
    for component, options in _with_options(plugin):
        require(
            options.__dataclass_params__.frozen,  # type: ignore[attr-defined]
            f"the options of {component} can be changed; write `@dataclass(frozen=True)`",
        )
        for option in describe(options):
            where = f"option `{option.name}` of {component}"
            require(option.help, f"{where} has no help; write `rnngen.option(default, help)`")
            require(option.default is not MISSING, f"{where} has no default")
            require(coerce(option, option.default, str(component)) == option.default, where)


def targets_take_their_options(plugin: Plugin) -> None:
    """The target has a parameter `options`, or one for each of them."""
    for component, options in _with_options(plugin):
        if component.options_taken_whole() is not None:
            continue
        signature = inspect.signature(component.load())
        names = [option.attribute for option in describe(options)]
        try:
            signature.bind_partial(**dict.fromkeys(names))
        except TypeError as error:
            raise AssertionError(
                f"{component}{signature} does not take its options: {error}"
            ) from None


def options_survive_a_file(plugin: Plugin) -> None:
    """The options a run writes into its folder are read to the same values."""
    sections = {component.name: options for component, options in _with_options(plugin)}
    settings = resolve(sections, environment={})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(to_toml(settings), encoding="utf-8")
        again = resolve(sections, environment={}, file=read_config(path))
    for name, chosen in dict(settings).items():
        require(
            again[name] == chosen,
            f"the options of `{name}` are {chosen} before, and {again[name]} after a file: give "
            "each field a type that `rnngen.option` knows",
        )


def strategies_can_be_active(plugin: Plugin) -> None:
    """Every strategy is built from its defaults and has a lifecycle hook."""
    for component in plugin.components:
        if component.kind == "strategy":
            Lifecycle([build_strategy(component, None)])


CHECKS: dict[str, Callable[[Plugin], None]] = all_of(
    (
        loads,
        imports_nothing_heavy,
        says_which_versions_it_fits,
        components_have_summaries,
        targets_can_be_imported,
        components_have_what_their_contract_asks,
        options_are_documented,
        targets_take_their_options,
        options_survive_a_file,
        strategies_can_be_active,
    )
)
"""Every check, by name."""


def _load(name: str) -> Plugin:
    catalog = Catalog(Policy(), warn=lambda text: None)
    found = [plugin for plugin in catalog.plugins if plugin.answers_to(name)]
    # A distribution may bring several plugins; the name of one of them means that one.
    found = [plugin for plugin in found if plugin.name == name] or found
    require(len(found) == 1, f"{len(found)} plugins called `{name}` are installed, expected one")
    catalog.load_one(found[0])
    return found[0]


def _with_options(plugin: Plugin) -> Iterator[tuple[Component, type]]:
    for component in plugin.components:
        options = component.load_options()
        if options is not None:
            yield component, options
