"""Avalanche, imported when a run starts."""

from __future__ import annotations

import importlib
import warnings
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from rnngen import PluginError

VERSION = "0.6.0"
"""The release whose plugins were read, and whose faults `avalanche_fixes.py` knows."""

HINT = "`pip install 'rnngen[avalanche]'`"


def check() -> None:
    """Checks that Avalanche is installed, without importing it.

    Raises:
        PluginError: it is not, or in another version than `VERSION`.
    """
    try:
        found = version("avalanche-lib")
    except PackageNotFoundError:
        raise PluginError(
            "strategy `avalanche` needs the package avalanche-lib, which is not installed",
            hint=HINT,
        ) from None
    if found != VERSION:
        raise PluginError(
            f"strategy `avalanche` works with avalanche-lib {VERSION}, but {found} is installed",
            hint=HINT,
        )


def load(name: str) -> ModuleType:
    """A module of this package that imports Avalanche.

    Raises:
        PluginError: Avalanche is missing, or something it needs can't be imported.
    """
    check()
    try:
        from rnngen_avalanche.torchvision_guard import import_torchvision

        with warnings.catch_warnings():
            # Deprecation warnings of its packages do not concern our users.
            warnings.simplefilter("ignore")
            import_torchvision()
            return importlib.import_module(f"rnngen_avalanche.{name}")
    except (ImportError, RuntimeError, OSError) as error:
        text = " ".join(str(error).split())
        raise PluginError(
            f"avalanche-lib could not be imported: {type(error).__name__}: {text}",
            hint=f"{HINT} installs all it needs",
        ) from error
