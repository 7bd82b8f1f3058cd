"""What a machine has to know of a codec's steps."""

from __future__ import annotations

from rnngen import Codec, Vocabulary


def vocabulary_of(codec: Codec) -> Vocabulary:
    """The vocabulary of any codec; one without text has no `bytes_of`."""
    steps = range(codec.size)
    spell = getattr(codec, "bytes_of", None)
    tokens = [b"" if spell is None else bytes(spell(step)) for step in steps]
    tokens[codec.boundary] = b""
    return Vocabulary(tokens, [codec.token(step) for step in steps], codec.boundary)
