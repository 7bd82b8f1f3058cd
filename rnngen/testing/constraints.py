"""Where version 0.1.0 had the checks of constraints; they come with `rnngen_constrained` now.

from rnngen.testing.constraints import characters, check_constraint
"""

from __future__ import annotations

import importlib
from typing import Any

KIT = "rnngen_constrained.testing"


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    return getattr(importlib.import_module(KIT), name)
