"""The option `damaged` that every domain has: the core itself leaves damaged sources out."""

from __future__ import annotations

from dataclasses import fields, make_dataclass
from functools import cache
from typing import Any, Literal, cast

from rnngen.contracts.options import option

DAMAGED = "damaged"

CHOICES = ("error", "skip")

HELP = "files that can't be read: stop with an error, or skip them and say which"


@cache
def with_damaged(options: type | None) -> type:
    """The options of a domain with `damaged`, unless they have it; None: it alone."""
    bases: tuple[type, ...] = () if options is None else (options,)
    if options is not None and any(part.name == DAMAGED for part in fields(options)):
        return options
    frozen = options is None or bool(vars(options)["__dataclass_params__"].frozen)
    name = "Options" if options is None else options.__name__
    kind, default = Literal["error", "skip"], option("error", HELP)
    made: Any = make_dataclass(name, [(DAMAGED, kind, default)], bases=bases, frozen=frozen)
    if options is not None:
        made.__module__, made.__qualname__ = options.__module__, options.__qualname__
        made.__doc__ = options.__doc__
    return cast(type, made)
