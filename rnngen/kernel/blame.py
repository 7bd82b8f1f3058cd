"""Finds whose fault an exception is: that of the plugin whose code raised it, else ours.

    with attributed():
        train()

Nothing is wrapped as long as all goes well: the traceback says whose code was running. The
innermost frame of a plugin counts, so that what torch raises for a plugin is the plugin's, too.
Plugins of our own distribution are ours. An `RnngenError` is meant for the user and passes.
"""

from __future__ import annotations

import contextlib
import opcode
import sys
import traceback
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, Protocol

from rnngen.contracts.errors import PluginError, RnngenError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

LONGEST = 500
"""The most characters of an exception's text that a message quotes."""

HINT = "run again with `-v` for the traceback, and tell the plugin's author"

OTHERS = frozenset({"rnngen", "torch", "numpy", "pluggy"})
"""Packages that are not plugins, although a component's address may point into them."""


class Component(Protocol):
    """What a plugin registered, as far as it says whose code is whose."""

    @property
    def target(self) -> Any:
        """The component, or its address."""

    @property
    def options(self) -> Any:
        """Its options, or their address."""


class Plugin(Protocol):
    """Who is to blame: the part of `rnngen.kernel.component.Plugin` that says what its code is."""

    @property
    def name(self) -> str:
        """The entry point's name."""

    @property
    def distribution(self) -> str:
        """The package that brings it."""

    @property
    def is_own(self) -> bool:
        """Whether it comes with rnngen itself."""

    @property
    def entry_point(self) -> EntryPoint | None:
        """Where it was found; None for a loose file."""

    @property
    def module(self) -> Any:
        """The loaded object."""

    @property
    def components(self) -> Sequence[Component]:
        """What it registered."""


_loaded: dict[tuple[str, str], Plugin] = {}


class Refused(Exception):
    """A plugin that can't be accepted; the message says why."""


def one_line(error: BaseException) -> str:
    """An exception as a message would quote it, whatever its author made of `__str__`."""
    name = type(error).__name__
    try:
        text = " ".join(str.split(str(error)))
    except BaseException:
        return f"{name}, whose text fails"
    if len(text) > LONGEST:
        text = text[:LONGEST] + " ..."
    if isinstance(error, Refused):
        return text
    return f"{name}: {text}" if text else name


def traceback_of(error: BaseException) -> str:
    """The traceback as text, whatever its author made of the exception."""
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:
        return "".join(traceback.format_tb(error.__traceback__)) + one_line(error) + "\n"


def remember(plugin: Plugin) -> None:
    """From now on, what is raised in the code of this plugin is its fault."""
    if plugin.distribution != "rnngen":
        _loaded[plugin.name, plugin.distribution] = plugin


def blamed(error: BaseException) -> PluginError | None:
    """The error that names the plugin, its version and the place; None if it was our own code."""
    if isinstance(error, RnngenError) or is_ctrl_c(error):
        return None
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        for code, module, line in _places(cause):
            for plugin in reversed(_loaded.values()):
                if _owns(plugin, code, module):
                    where = f"{code.co_filename}:{line}"
                    return PluginError(
                        f"plugin {plugin} failed in `{code.co_name}` ({where}): {one_line(error)}",
                        hint=HINT,
                    )
        seen.append(cause)
        cause = cause.__cause__
    return None


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it is the user's Ctrl-C, and not an exception that a plugin raises by itself.

    Python raises it between any two instructions; a plugin does so in a `raise`.
    """
    if not isinstance(error, KeyboardInterrupt):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or type(error) is not KeyboardInterrupt:
        return True
    code = trace.tb_frame.f_code
    raised = code.co_code[trace.tb_lasti] == opcode.opmap["RAISE_VARARGS"]
    module = str(trace.tb_frame.f_globals.get("__name__"))
    return not (raised and any(_owns(each, code, module) for each in _loaded.values()))


@contextlib.contextmanager
def attributed() -> Iterator[None]:
    """What a plugin's code raises meanwhile is a `PluginError`; may also decorate a function.

    Raises:
        PluginError: with the exception as its cause.
    """
    try:
        yield
    except BaseException as error:
        blame = blamed(error)
        if blame is None:
            raise
        raise blame from error


def place(plugin: Plugin | None, error: BaseException) -> str:
    """` (FILE:LINE)`, where in the plugin's code (or any's) it was raised; empty if not there."""
    plugins = _loaded.values() if plugin is None else [plugin]
    for code, module, line in _places(error):
        if any(_owns(each, code, module) for each in plugins):
            return f" ({code.co_filename}:{line})"
    return ""


def _places(error: BaseException) -> list[tuple[CodeType, str, int]]:
    """Code, module and line of every frame of the traceback, the innermost first."""
    frames = traceback.walk_tb(error.__traceback__)
    found = [(frame.f_code, str(frame.f_globals.get("__name__")), line) for frame, line in frames]
    return found[::-1]


def _owns(plugin: Plugin, code: CodeType, module: str) -> bool:
    if module.partition(".")[0] in OTHERS:
        return False
    if any(module == root or module.startswith(f"{root}.") for root in _roots(plugin)):
        return True
    return code.co_filename in _files(plugin)


def _roots(plugin: Plugin) -> set[str]:
    """The packages whose code is the plugin's: its own, and those of its components."""
    modules = {getattr(plugin.module, "__name__", ""), getattr(plugin.module, "__module__", "")}
    if plugin.entry_point is not None:
        modules.add(plugin.entry_point.value.partition(":")[0].strip())
    for component in plugin.components:
        for target in (component.target, component.options):
            if isinstance(target, str):
                modules.add(target.partition(":")[0])
            else:
                modules.add(getattr(target, "__module__", ""))
    roots = set()
    for module in modules:
        top = module.partition(".")[0] if isinstance(module, str) else ""
        if top and top not in OTHERS and top not in sys.stdlib_module_names:
            # A package without a file is a name that several distributions share.
            shared = getattr(sys.modules.get(top), "__file__", None) is None
            roots.add(module if shared else top)
    return roots


def _files(plugin: Plugin) -> frozenset[str]:
    """What the plugin's distribution installed; of an editable one nothing is known."""
    if plugin.entry_point is None or plugin.entry_point.dist is None:
        return frozenset()
    try:
        distribution = plugin.entry_point.dist
        return frozenset(str(distribution.locate_file(path)) for path in distribution.files or ())
    except Exception:  # its record is damaged
        return frozenset()
