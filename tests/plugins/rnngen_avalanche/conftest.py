"""The modules of the bridge that import Avalanche, and texts to learn in a row."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace

import pytest

from rnngen.contracts.reporter import Silent
from rnngen_avalanche import backend

PARTS = ("ewc", "ewc-online", "si", "lwf", "mas", "rwalk", "agem", "gem", "replay")
OPTIONS = (
    "train.lanes=4",
    "train.chunk=16",
    "train.sample=0",
    "train.validate_every=100000",
    "avalanche.batches=12",
)


@pytest.fixture(scope="session")
def installed() -> None:
    """Skips where Avalanche is not installed."""
    try:
        version("avalanche-lib")
    except PackageNotFoundError:
        pytest.skip("avalanche-lib is not installed: pip install 'rnngen[avalanche]'")


@pytest.fixture(scope="session")
def bridge(installed: None) -> SimpleNamespace:
    """The modules that import Avalanche, by name; imported when the first test asks."""
    names = ("build", "fake_template", "avalanche_fixes", "rehearsal", "saved", "windows")
    return SimpleNamespace(**{name: backend.load(name) for name in names})


class Told(Silent):
    """Records what the user would have been told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)
