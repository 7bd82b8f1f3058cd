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
    from rnngen.contracts.constraint import INFINITE as INFINITE
    from rnngen.contracts.constraint import Constraint as Constraint
    from rnngen.contracts.constraint import Machine as Machine
    from rnngen.contracts.constraint import Reason as Reason
    from rnngen.contracts.constraint import Rule as Rule
    from rnngen.contracts.constraint import Single as Single
    from rnngen.contracts.constraint import Vocabulary as Vocabulary
    from rnngen.contracts.errors import RnngenError as RnngenError
    from rnngen.contracts.options import option as option
    from rnngen.contracts.version import __version__ as __version__
    from rnngen.kernel.hookspecs import hookimpl as hookimpl
    from rnngen.verbs.evaluate import evaluate as evaluate
    from rnngen.verbs.fit import fit as fit
    from rnngen.verbs.forecast import forecast as forecast
    from rnngen.verbs.generate import generate as generate
    from rnngen.verbs.trained import load as load

_PUBLIC = {
    "Cell": "rnngen.contracts.cell",
    "Constraint": "rnngen.contracts.constraint",
    "INFINITE": "rnngen.contracts.constraint",
    "Machine": "rnngen.contracts.constraint",
    "Reason": "rnngen.contracts.constraint",
    "Rule": "rnngen.contracts.constraint",
    "Single": "rnngen.contracts.constraint",
    "Vocabulary": "rnngen.contracts.constraint",
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
