"""Handwriting: pen strokes, alone or conditioned on a text."""

from __future__ import annotations

import rnngen
from rnngen import Register


@rnngen.hookimpl
def register_domains(register: Register) -> None:
    """The domain `handwriting`."""
    register(
        "handwriting",
        "rnngen_handwriting.domain:HandwritingDomain",
        options="rnngen_handwriting.options:Options",
        summary="pen strokes, alone or conditioned on a text",
    )


@rnngen.hookimpl
def register_likelihoods(register: Register) -> None:
    """The likelihood of strokes."""
    register(
        "pen-mixture",
        "rnngen_handwriting.pen_mixture:PenMixture",
        summary="pen offsets and states: mixture of bivariate Gaussians (Graves 2013)",
    )
