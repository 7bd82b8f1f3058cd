"""`rnngen.load`: a bundle with `generate` and `evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.verbs.evaluate import evaluate
from rnngen.verbs.generate import generate
from rnngen.verbs.writing import Generated


class Trained(Bundle):
    """A trained model in its folder, as the Python API hands it out."""

    def generate(self, *args: Any, **kwargs: Any) -> list[Generated]:
        """Sequences of this model; see `rnngen.generate`."""
        return generate(self, *args, **kwargs)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """How well this model predicts a text; see `rnngen.evaluate`."""
        return evaluate(self, *args, **kwargs)


def load(path: str | Path) -> Trained:
    """Opens a bundle; its contents are read on demand.

    Raises:
        BundleError: there is no bundle at `path`, it is incomplete, or of a newer format.
    """
    return Trained(Path(path))
