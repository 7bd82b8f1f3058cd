"""The base of all contracts: components know their kind and name, and have defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    default = property
else:

    class default:
        """An attribute of a contract with a default, computed for each who asks.

        To a type checker it is a property. Unlike one it gives way to an attribute of the object
        itself, so that a class may set it in its body, as a property, or in `__init__`.
        """

        def __init__(self, compute: Callable[[Any], Any]) -> None:
            self._compute = compute
            self.__doc__ = compute.__doc__

        def __get__(self, instance: Any, owner: type) -> Any:
            return self if instance is None else self._compute(instance)


class Contract:
    """The base of all contracts."""

    __slots__ = ()

    component_kind: ClassVar[str] = "component"
    """Its kind, for messages."""

    component_name: str = ""
    """The name it is registered under; empty if it is not registered, such as a codec."""

    component_options: Mapping[str, Any] = {}
    """The options it was built with, by name."""

    component_plugin: str = ""
    """The plugin that brings it, for messages; empty if it comes with rnngen."""

    def called(self) -> str:
        """Its kind and name: "the domain `text`"."""
        return f"the {self.component_kind} `{self.component_name or type(self).__name__}`"
