"""Detects an exploding loss and rolls back."""

from __future__ import annotations

EXPLODED = 2.0  # times the first loss of the run


EXPLODED_DENSITY = 50.0  # nats above it, where the loss is of a density: that has no zero


class Exploded(Exception):
    """The loss or the gradient is not a number, or far above where it began."""
