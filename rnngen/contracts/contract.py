"""What all contracts share: a component knows what it is, and what is missing has a default."""

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
    """What it is, for messages."""

    component_name: str = ""
    """What it was registered as; empty before it is, and for what isn't registered, as codecs."""

    component_options: Mapping[str, Any] = {}
    """What it was built with, by name."""

    def called(self) -> str:
        """What it is and what it is called: "the domain `text`"."""
        return f"the {self.component_kind} `{self.component_name or type(self).__name__}`"
