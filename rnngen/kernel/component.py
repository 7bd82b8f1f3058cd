"""Plugins and components as the catalog knows them; a component imports its target when used."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

from rnngen.contracts.conform import conform, conform_target
from rnngen.contracts.errors import Lacking, PluginError, RnngenError
from rnngen.contracts.options import fault_of
from rnngen.kernel.blame import HINT, one_line, place
from rnngen.kernel.core_options import COMMANDS, SECTIONS
from rnngen.kernel.damaged_option import DAMAGED, with_damaged
from rnngen.kernel.foreign import attempt

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PLURALS = {
    "cell": "cells",
    "domain": "domains",
    "likelihood": "likelihoods",
    "conditioner": "conditioners",
    "engine": "engines",
    "decoder": "decoders",
    "strategy": "strategies",
    "constraint": "constraints",
    "tracker": "trackers",
    "exporter": "exporters",
    "optimizer": "optimizers",
}
"""Every kind of component, and its plural."""

RESERVED_NAMES = frozenset({*SECTIONS, *COMMANDS})
"""Sections and tables of a configuration that are not components."""

Status = Literal["ok", "failed", "disabled", "not loaded"]


@dataclass(eq=False)
class Plugin:
    """What is known about one plugin.

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
    components: list[Component] = field(default_factory=list, repr=False)

    def __str__(self) -> str:
        return f"`{self.name}` ({self.distribution} {self.version})".replace(" )", ")")

    @property
    def is_own(self) -> bool:
        """Whether it comes with rnngen itself, so that its bugs are ours."""
        return self.distribution == "rnngen"

    @property
    def is_core(self) -> bool:
        """Whether it is the core's own plugin, which is always there."""
        return self.source == "rnngen.kernel.builtin"

    @property
    def file(self) -> str | None:
        """Where its code is; None unless it is loaded."""
        return getattr(self.module, "__file__", None)

    def answers_to(self, name: str) -> bool:
        """Whether a user's word means this plugin: its own name or its distribution's."""
        return normalized(name) in {normalized(self.name), normalized(self.distribution)}

    def failure(self) -> PluginError:
        """The error for using this plugin although it failed or is disabled."""
        if self.status == "disabled":
            return PluginError(
                f"plugin {self} is switched off: {self.reason}",
                hint="switch it on again, or do without it",
            )
        return PluginError(
            f"plugin {self} could not be loaded: {self.reason}",
            hint=f"`rnngen plugins {self.name}` shows where it failed",
        )


_sound: set[type] = set()
"""Options that were looked at, and are written as they should be."""


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
        return conform_target(self.kind, target)

    def build(self, *arguments: Any, **options: Any) -> Any:
        """The target, called: the component itself.

        Args:
            arguments: what its kind is given before the options.
            options: values by field; what is left out has its default.

        Raises:
            PluginError: it can't be imported or built, and is not our own.
        """
        whole = self.options_taken_whole()
        return self._called(arguments, options, None if whole is None else lambda: whole(**options))

    def build_with(self, options: Any, *arguments: Any) -> Any:
        """As `build`, with its options as an instance of their dataclass; None: the defaults."""
        if options is None:
            return self.build(*arguments)
        values = {part.name: getattr(options, part.name) for part in fields(options)}
        whole = self.options_taken_whole()
        return self._called(arguments, values, None if whole is None else lambda: options)

    def _called(
        self, arguments: Sequence[Any], values: Mapping[str, Any], whole: Callable[[], Any] | None
    ) -> Any:
        """The target, called with its options whole, where it takes them so, else by field."""
        target = self.load()
        try:
            passed = self._by_field(values) if whole is None else {"options": whole()}
            plugin = "" if self.plugin.is_own else str(self.plugin)
            return conform(self.kind, self.name, target(*arguments, **passed), values, plugin)
        except Lacking as error:
            raise PluginError(
                f"{self} of plugin {self.plugin} lacks {error.what}", hint=error.hint
            ) from None
        except (RnngenError, KeyboardInterrupt):
            raise
        except BaseException as error:
            if self.plugin.is_own:
                raise
            raise self.failure("could not be built", error) from error

    def _by_field(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values of options that the target knows; what the core reads itself it need not."""
        declared = self._declared()
        own = {part.name for part in fields(declared)} if declared else set()
        return {name: value for name, value in values.items() if name in own or name != DAMAGED}

    def failure(self, what: str, error: BaseException) -> PluginError:
        """The error for an exception that its code raised, with the place."""
        return PluginError(
            f"{self} of plugin {self.plugin} {what}{place(self.plugin, error)}: {one_line(error)}",
            hint=HINT,
        )

    def load_options(self) -> type | None:
        """The dataclass of its options, or None if it has none; every domain has `damaged`.

        Raises:
            PluginError: it can't be imported, or is not a dataclass.
        """
        declared = self._declared()
        return with_damaged(declared) if self.kind == "domain" else declared

    def _declared(self) -> type | None:
        """The dataclass that it was registered with."""
        if self.options is None:
            return None
        options = self._import(self.options)
        if not (isinstance(options, type) and is_dataclass(options)):
            raise PluginError(
                f"the options of {self}, plugin {self.plugin}, are not a dataclass: {self.options}"
            )
        if isinstance(self.options, str) and options not in _sound:
            # Those that were given as a class were looked at when they were registered.
            wrong = fault_of(options, str(self))
            if wrong is not None:
                raise PluginError(f"{wrong} (plugin {self.plugin})", hint="tell its author")
            _sound.add(options)
        return options

    def options_taken_whole(self) -> type | None:
        """The dataclass that the target takes in its parameter `options`; None: it takes fields.

        Components written for 0.1.0 have a parameter for each field of their options.

        Raises:
            PluginError: target or options can't be imported.
        """
        declared = self._declared()
        taken = declared is not None and _takes_whole(self.load(), declared)
        return self.load_options() if taken else None

    def _import(self, target: Any) -> Any:
        if not isinstance(target, str):
            return target
        module, _, path = target.partition(":")

        def find() -> Any:
            value: Any = importlib.import_module(module)
            for attribute in path.split("."):
                value = getattr(value, attribute)
            return value

        value, error = attempt(find, own=self.plugin.is_core)
        if error is None:
            return value
        if isinstance(error, RnngenError):
            raise error
        raise PluginError(
            f"{self} of plugin {self.plugin} could not be imported: {one_line(error)}",
            hint=_import_hint(self, error),
        ) from error


def _takes_whole(target: Callable[..., Any], declared: type) -> bool:
    """Whether a target has a parameter `options` that is not a field of its options."""
    if any(part.name == "options" for part in fields(declared)):
        return False
    try:
        parameter = inspect.signature(target).parameters.get("options")
    except (TypeError, ValueError):  # it is written in C and does not say
        return False
    return parameter is not None and parameter.kind in (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    )


def normalized(name: str) -> str:
    """The name of a distribution or plugin, spelled one way (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _import_hint(component: Component, error: BaseException) -> str:
    missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    if not missing:
        return "run the command again with `-v` for the traceback"
    extra = _extra(component)
    if extra:
        return f"install what it needs with `pip install '{extra}'`"
    return f"it needs the module `{missing}`; install the package that has it"


def _extra(component: Component) -> str | None:
    """The extra of the plugin's distribution that is named after the component or plugin."""
    from importlib.metadata import metadata

    name = component.plugin.distribution
    try:
        extras = metadata(name).get_all("Provides-Extra") or []
    except Exception:  # not installed, or damaged
        return None
    for wanted in (component.name, component.plugin.name):
        if wanted in extras:
            return f"{name}[{wanted}]"
    return None
