"""rnngen: train recurrent generators on your own files, and generate from them.

    import rnngen

    run = rnngen.fit(["book.txt"], time=60)

Every name is imported when it is used, so that `import rnngen` costs nothing. It sets one
environment variable, OMP_WAIT_POLICY, where that is not set and torch is not imported yet: see
`rnngen.waiting`.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import rnngen.waiting  # noqa: F401  (before anything here can import torch)

if TYPE_CHECKING:
    from rnngen.bundle import load as load
    from rnngen.cells import Cell as Cell
    from rnngen.errors import RnngenError as RnngenError
    from rnngen.evaluate import evaluate as evaluate
    from rnngen.fit import fit as fit
    from rnngen.forecast import forecast as forecast
    from rnngen.generate import generate as generate
    from rnngen.hookspecs import hookimpl as hookimpl
    from rnngen.options import option as option

__version__ = "0.1.0"

_PUBLIC = {
    "Cell": "rnngen.cells",
    "RnngenError": "rnngen.errors",
    "evaluate": "rnngen.evaluate",
    "fit": "rnngen.fit",
    "forecast": "rnngen.forecast",
    "generate": "rnngen.generate",
    "hookimpl": "rnngen.hookspecs",
    "load": "rnngen.bundle",
    "option": "rnngen.options",
}

__all__ = [
    "Cell",
    "RnngenError",
    "__version__",
    "evaluate",
    "fit",
    "forecast",
    "generate",
    "hookimpl",
    "load",
    "option",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module `rnngen` has no attribute `{name}`")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """This package, in which a verb's name is its function, never the module that holds it.

    Importing `rnngen.fit` makes Python bind that module to the attribute `fit` of the package,
    over the function of the same name; `rnngen.fit(...)` would work or not depending on what was
    imported before. The module stays reachable as `from rnngen.fit import ...`.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and _PUBLIC.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
