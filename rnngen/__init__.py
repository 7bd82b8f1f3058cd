"""rnngen: train recurrent generators on your own files, and generate from them.

    import rnngen

    run = rnngen.fit(["book.txt"], time=60)

Every name is imported on first use, so `import rnngen` costs nothing. It sets one environment
variable, OMP_WAIT_POLICY, where that is not set and torch is not imported yet: see
`rnngen.engines.waiting`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import rnngen.engines.waiting  # noqa: F401  (before anything here can import torch)

if TYPE_CHECKING:
    from rnngen.contracts.cell import Cell as Cell
    from rnngen.contracts.condition import Conditioner as Conditioner
    from rnngen.contracts.engine import Engine as Engine
    from rnngen.contracts.errors import RnngenError as RnngenError
    from rnngen.contracts.options import option as option
    from rnngen.contracts.steps import ConditionShape as ConditionShape
    from rnngen.contracts.version import __version__ as __version__
    from rnngen.kernel.hookspecs import hookimpl as hookimpl
    from rnngen.verbs.evaluate import evaluate as evaluate
    from rnngen.verbs.fit import fit as fit
    from rnngen.verbs.forecast import forecast as forecast
    from rnngen.verbs.generate import generate as generate
    from rnngen.verbs.trained import load as load

_PUBLIC = {
    "Cell": "rnngen.contracts.cell",
    "ConditionShape": "rnngen.contracts.steps",
    "Conditioner": "rnngen.contracts.condition",
    "Engine": "rnngen.contracts.engine",
    "RnngenError": "rnngen.contracts.errors",
    "__version__": "rnngen.contracts.version",
    "evaluate": "rnngen.verbs.evaluate",
    "fit": "rnngen.verbs.fit",
    "forecast": "rnngen.verbs.forecast",
    "generate": "rnngen.verbs.generate",
    "hookimpl": "rnngen.kernel.hookspecs",
    "load": "rnngen.verbs.trained",
    "option": "rnngen.contracts.options",
}

__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module `rnngen` has no attribute `{name}`")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
