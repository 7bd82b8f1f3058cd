"""The line ends of a model, where it has kept those of its text."""

from __future__ import annotations

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import DataError
from rnngen.verbs.generate import generate

LISTENED = 1000
"""Tokens that the model writes to find out how its lines end."""


def line_end(bundle: Bundle, device: str, engine: str, options: object = None) -> str:
    """How the lines that a model writes end: `\\n`, `\\r\\n` or `\\r`."""
    try:
        bundle.codec.encode("\r")
    except DataError:
        return "\n"
    if bundle.domain.spelled("\r") == "\n":
        return "\n"
    (written,) = generate(
        bundle,
        length=LISTENED,
        documents=0,
        device=device,
        engine=engine,
        options=options,  # type: ignore[arg-type]
    )
    return commonest(written.text)


def commonest(text: str) -> str:
    """The line end that a text has most often; `\\n` if it has none."""
    both = text.count("\r\n")
    counts = {
        "\n": text.count("\n") - both,
        "\r\n": both,
        "\r": text.count("\r") - both,
    }
    return max(counts, key=counts.__getitem__)
