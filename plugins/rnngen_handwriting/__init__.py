"""Handwriting: strokes of a pen, by themselves or as the writing of a text."""

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
        summary="pen strokes, by themselves or as the writing of a text",
    )


@rnngen.hookimpl
def register_likelihoods(register: Register) -> None:
    """The likelihood of strokes."""
    register(
        "pen-mixture",
        "rnngen_handwriting.pen_mixture:PenMixture",
        summary="offsets and states of a pen: mixture of bivariate Gaussians (Graves 2013)",
    )
