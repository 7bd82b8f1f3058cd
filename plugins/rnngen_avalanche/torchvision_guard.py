"""Imports torchvision where its build does not match torch's.

Avalanche imports torchvision; on PyPI it is built for CUDA only. Beside a torch for the processor
its compiled part can't be loaded, its operators are then not there, and `import torchvision` fails
when it describes them to the compiler (pytorch/vision issues 8985 and 9077). Nothing of what the
bridge uses needs those operators.

So exactly the operators that the error names are declared, without any code behind them: calling
one still fails. A torchvision that can be imported is left alone.
"""

from __future__ import annotations

import importlib
import re
import sys
from types import ModuleType

import torch

MISSING = re.compile(r"operator torchvision::(\w+) does not exist")
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
MOST = 8

declared: list[str] = []
"""The operators that were declared in this process."""

_libraries: list[torch.library.Library] = []
"""Kept: a declaration goes away with its library."""


def import_torchvision() -> ModuleType:
    """Imports the module; errors that are not about a missing operator pass through."""
    for _ in range(MOST):
        try:
            module = importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = MISSING.search(str(error))
            if missing is None:
                raise
            _forget("torchvision")
            _declare(missing[1])
        else:
            return module
    raise ImportError(f"torchvision can't be imported, even with {', '.join(declared)} declared")


def _declare(name: str) -> None:
    if not _libraries:
        _libraries.append(torch.library.Library("torchvision", "FRAGMENT"))  # type: ignore[no-untyped-call]
    _libraries[0].define(name + SIGNATURE)  # type: ignore[no-untyped-call]
    declared.append(name)


def _forget(package: str) -> None:
    """Removes what a failed import left behind."""
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[module]
