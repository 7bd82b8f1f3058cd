"""The parts of data that its makers split."""

from __future__ import annotations

from collections.abc import Sequence

from rnngen.contracts.domain import Domain
from rnngen.data.damaged import offering
from rnngen.files.source import Source


def split_of(
    domain: Domain, found: Sequence[Source], held_out: Sequence[Source] | None
) -> tuple[Sequence[Source], Sequence[Source] | None]:
    """The training and held-out parts, if the data's makers split it."""
    with offering(domain, found):
        parts = domain.parts(found)
    if not parts:
        return found, held_out
    return parts["train"], held_out if held_out is not None else parts.get("valid")
