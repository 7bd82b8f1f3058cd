"""What a machine must know about a codec's steps."""

from __future__ import annotations

from rnngen import Codec, Vocabulary


def vocabulary_of(codec: Codec) -> Vocabulary:
    """The vocabulary of any codec; if its steps are not text, tokens are empty."""
    steps = range(codec.size)
    tokens = [codec.bytes_of(step) if codec.spells_text else b"" for step in steps]
    tokens[codec.boundary] = b""
    return Vocabulary(tokens, [codec.token(step) for step in steps], codec.boundary)
