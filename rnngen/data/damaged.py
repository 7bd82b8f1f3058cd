"""Sources that can't be read, left out where that is asked for: the same in every domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError
from rnngen.contracts.steps import Piece
from rnngen.files.source import Source

SHOWN = 20
"""Most damaged files that are named."""


def readable(
    domain: Domain, sources: Sequence[Source], note: Callable[[str], None]
) -> Sequence[Source]:
    """The sources, or those that the domain can read, where its option `damaged` is `skip`.

    Each is read once to its end, by itself: where a file is damaged, none of it is learned.

    Args:
        domain: reads them.
        sources: found for it.
        note: told the files that are left out, and why.

    Raises:
        DataError: none can be read.
    """
    if domain.damaged != "skip":
        return sources
    kept: list[Source] = []
    errors: list[DataError] = []
    for source in sources:
        try:
            for _ in domain.read([source]):
                pass
        except DataError as error:
            errors.append(error)
        else:
            kept.append(source)
    if not errors:
        return sources
    first = errors[0]
    if not kept:
        raise DataError(f"every file is damaged; the first: {first.message}", hint=first.hint)
    note(f"left out {len(errors):,} of {len(sources):,} files, which can't be read")
    for left_out in errors[:SHOWN]:
        note(f"left out: {left_out.message}")
    if len(errors) > SHOWN:
        note(f"left out: {len(errors) - SHOWN:,} more")
    return kept


def pieces(domain: Domain, sources: Sequence[Source]) -> Iterator[Piece]:
    """What the domain reads; of several sources the error for one says how to leave it out."""
    with offering(domain, sources):
        yield from domain.read(sources)


@contextmanager
def offering(domain: Domain, sources: Sequence[Source]) -> Iterator[None]:
    """The error for one of several sources says how to leave it out."""
    try:
        yield
    except DataError as error:
        if len(sources) < 2 or domain.damaged == "skip":
            raise
        hint = "leave out all files that can't be read with `-o damaged=skip`"
        if "damaged=skip" in (error.hint or ""):
            raise
        raise DataError(
            error.message, hint=f"{error.hint}; or {hint}" if error.hint else hint
        ) from None
