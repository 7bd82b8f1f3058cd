"""Gives components that do not derive from a contract its defaults when they are built.

A plugin may bring any class that has the methods its kind needs. So that nobody has to ask what an
object may have, such a class is made a subclass of itself and of its contract, with the same name.
What a contract came to say differently since version 0.1.0 is translated here.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from rnngen.contracts.codec import Codec
from rnngen.contracts.contract import Contract, default
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError, Lacking, PluginError
from rnngen.contracts.guards import guard
from rnngen.contracts.strategy import Strategy

T = TypeVar("T")

CONTRACTS = {
    "decoder": "rnngen.contracts.decoder:Decoder",
    "domain": "rnngen.contracts.domain:Domain",
    "exporter": "rnngen.contracts.output:Exporter",
    "likelihood": "rnngen.contracts.likelihood:Likelihood",
    "tracker": "rnngen.contracts.output:Tracker",
}
"""Kinds of components that have a contract to derive from; imported when one is built."""

LACKED = "_rnngen_lacked"
"""Attribute of a generated class: the methods that its contract requires and it lacks."""

NO_CHARACTER = "\N{REPLACEMENT CHARACTER}"


def conform_target(kind: str, target: T) -> T:
    """A component's target: a class as one of its contract, anything else as it is."""
    if kind not in CONTRACTS or not isinstance(target, type):
        return target
    contract = _contract(kind)
    if issubclass(target, contract):
        return target
    try:
        return _derived(target, contract)  # type: ignore[no-any-return]
    except TypeError as error:  # of its metaclass
        raise _unfit(target, contract, error) from None


def conform(
    kind: str, name: str, made: T, options: Mapping[str, Any] | None = None, plugin: str = ""
) -> T:
    """A component as it was built, as an instance of its contract that knows its name.

    Args:
        kind: of component.
        name: under which it is registered.
        made: what was built.
        options: that it was built with.
        plugin: who brings it, if not rnngen: then what it gives is checked.

    Raises:
        PluginError: it lacks what its contract asks of everyone.
    """
    if kind not in CONTRACTS:
        return made
    component: Any = _instance(made, _contract(kind))
    with suppress(AttributeError):  # no place for it: then it is called as its class
        component.component_name = name
        component.component_options = dict(options or {})
    if isinstance(component, Domain):
        with suppress(AttributeError):  # no place for it: then damaged sources are errors
            setattr(component, "damaged", (options or {}).get("damaged", component.damaged))  # noqa: B010
        for field in ("valid", "split"):
            # They were read from the options; a domain of today has them itself.
            unsaid = getattr(component, field) is getattr(Domain, field)
            if unsaid and hasattr(component.options, field):
                setattr(component, field, getattr(component.options, field))
    if plugin:
        guard(component, plugin)
    return component  # type: ignore[no-any-return]


def conform_codec(domain: Domain, made: Any) -> Codec:
    """A codec that a domain handed over.

    Of one that derives from nothing, steps that can be streamed spell text, unless its domain takes
    something else for a prompt.

    Raises:
        PluginError: it lacks what its contract asks of everyone.
    """
    codec = _conformed(domain, made)
    if domain.component_plugin:
        guard(codec, domain.component_plugin)
    return codec


def _conformed(domain: Domain, made: Any) -> Codec:
    if isinstance(made, Codec):
        return made
    codec: Codec = _instance(made, Codec)
    own = type(made).__mro__[1:]  # without the class that was just made
    streams = any("stream" in vars(each) for each in own if each is not Codec)
    if streams and type(domain).begin is Domain.begin:
        _spell(codec)
    return codec


def strategy_of(made: Any) -> Strategy:
    """What an object with lifecycle hooks may have besides them; it may also be a module."""
    return made if isinstance(made, Strategy) else _Hooks(made)


class _Hooks(Strategy):
    """The abilities of an object that derives from nothing, as it has them at this moment."""

    def __init__(self, own: Any) -> None:
        self._own = own

    @property
    def task_gradient(self) -> bool:
        return bool(getattr(self._own, "task_gradient", False))

    @property
    def memory_tokens(self) -> int:
        return int(getattr(self._own, "memory_tokens", 0))

    @property
    def keeps_data(self) -> bool | None:
        said = getattr(self._own, "keeps_data", None)
        return None if said is None else bool(said)

    @property
    def remembers(self) -> bool:
        return hasattr(self._own, "state_dict")

    def state_dict(self) -> Any:
        return self._own.state_dict()

    def load_state_dict(self, state: Any) -> None:
        if hasattr(self._own, "load_state_dict"):
            self._own.load_state_dict(state)


def _contract(kind: str) -> type[Contract]:
    module, _, name = CONTRACTS[kind].partition(":")
    found: type[Contract] = getattr(importlib.import_module(module), name)
    return found


def _instance(made: Any, contract: type[Contract]) -> Any:
    if isinstance(made, contract):
        return _whole(made)
    try:
        made.__class__ = _derived(type(made), contract)
    except TypeError as error:
        raise _unfit(type(made), contract, error) from None
    return _whole(made)


def _unfit(own: type, contract: type[Contract], error: TypeError) -> PluginError:
    return PluginError(
        f"the {contract.component_kind} `{own.__name__}` can't be given the defaults of its "
        f"contract: {error}",
        hint=f"its author can derive it from `rnngen.{contract.__name__}`",
    )


def _whole(made: Any) -> Any:
    """The object, if its class has everything that its contract requires."""
    for name in getattr(type(made), LACKED, ()):
        if not callable(getattr(made, "__dict__", {}).get(name)):
            raise Lacking(made, f"`{name}`")
    return made


def _derived(own: Any, contract: Any) -> Any:
    """The class that is both, with what it says in the words of 0.1.0 translated."""
    if (own, contract) in _made:
        return _made[own, contract]
    translated: dict[str, Any] = {
        name: translate(getattr(own, name))
        for name, translate in TRANSLATED.items()
        if hasattr(own, name) and hasattr(contract, name)
    }
    if hasattr(own, "__getattr__"):  # what it delegates to another object counts as its own
        named = {name for name in dir(contract) if not name.startswith(("_", "component_"))}
        translated |= {name: _handed_on(own, contract, name) for name in named - set(dir(own))}
    for ability, attribute in SAID.items():
        if hasattr(own, ability) and hasattr(contract, attribute) and not hasattr(own, attribute):
            translated[attribute] = True
    about = {name: getattr(own, name) for name in ("__module__", "__qualname__", "__doc__")}
    made: Any = type(own.__name__, (own, contract), {"__slots__": (), **about, **translated})
    # Missing methods are reported by name once it is built.
    setattr(made, LACKED, sorted(made.__abstractmethods__))
    made.__abstractmethods__ = frozenset()
    _made[own, contract] = made
    return made


_made: dict[tuple[Any, Any], Any] = {}
"""Classes that were made: a class is one however often it is built."""


def _handed_on(own: Any, contract: type[Contract], name: str) -> Any:
    """The attribute that `__getattr__` of the class gives, or else the contract's."""

    def ask(self: Any) -> Any:
        try:
            return own.__getattr__(self, name)
        except AttributeError:
            given = inspect.getattr_static(contract, name)
            return given.__get__(self, type(self)) if hasattr(given, "__get__") else given

    return default(ask)


def _attach(own: Callable[..., Any]) -> Callable[..., Any]:
    """`attach(bundle, note)` was what `attach(context)` is."""

    def attach(self: Any, context: Any) -> None:
        own(self, context.bundle, context.note)

    return attach if _takes(own, 3) else own


def _evaluate(own: Callable[..., Any]) -> Callable[..., Any]:
    """`evaluate(bundle, train, held_out, label, note)` was what `evaluate(measuring)` is."""

    def evaluate(self: Any, measuring: Any) -> Any:
        return own(
            self,
            measuring.bundle,
            measuring.train,
            measuring.held_out,
            measuring.label,
            measuring.note,
        )

    return evaluate if _takes(own, 6) else own


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether it accepts this many arguments, itself included."""
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


TRANSLATED: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "attach": _attach,
    "evaluate": _evaluate,
}
"""Methods whose arguments changed."""

SAID = {"explain": "explains", "forecast": "forecasts", "show": "shows"}
"""Abilities that were known by the method alone, and the attribute that says so now."""


def _spell(codec: Any) -> None:
    """Gives a codec of text that decodes only the bytes of each step, too."""
    own = type(codec)
    if own.spells_text is not Codec.spells_text:
        return

    def bytes_of(self: Any, step: int) -> bytes:
        text: str = self.decode([step])
        # A part of a character stands for none by itself.
        return b"" if step == self.boundary or NO_CHARACTER in text else text.encode()

    added: dict[str, Any] = {"spells_text": True}
    if own.bytes_of is Codec.bytes_of:
        added["bytes_of"] = bytes_of
    if own.separator is Codec.separator:
        with suppress(DataError):
            added["separator"] = codec.decode([codec.boundary])
    about = {name: getattr(own, name) for name in ("__module__", "__qualname__", "__doc__")}
    codec.__class__ = type(own.__name__, (own,), {"__slots__": (), **about, **added})
